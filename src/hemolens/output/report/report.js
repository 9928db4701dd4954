// Zoom: buttons, the wheel (with Ctrl, or once the picture was clicked), and dragging. All else works without it.
for (const box of document.querySelectorAll(".cells")) {
  const view = box.querySelector(".view");
  const [, , width, height] = view.getAttribute("viewBox").split(" ").map(Number);
  let x = 0, y = 0, zoom = 1;

  const move = (left, top) => {
    x = Math.min(Math.max(left, 0), width - width / zoom);
    y = Math.min(Math.max(top, 0), height - height / zoom);
    view.setAttribute("viewBox", [x, y, width / zoom, height / zoom].join(" "));
  };
  // What lies at a point of the frame (0 to 1 across and down) stays where it is.
  const zoomBy = (factor, across = 0.5, down = 0.5) => {
    const before = zoom;
    zoom = factor === 0 ? 1 : Math.min(Math.max(zoom * factor, 1), 20);
    move(x + across * (width / before - width / zoom), y + down * (height / before - height / zoom));
  };

  for (const button of box.querySelectorAll("button")) {
    button.hidden = false;
    button.addEventListener("click", () => zoomBy(Number(button.dataset.factor)));
  }
  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== view) return;
    event.preventDefault();
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(view.getScreenCTM().inverse());
    zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, (at.x - x) * zoom / width, (at.y - y) * zoom / height);
  }, { passive: false });
  view.addEventListener("pointermove", (event) => {
    if (!(event.buttons & 1) || zoom === 1) return;
    const scale = view.getScreenCTM().a;
    move(x - event.movementX / scale, y - event.movementY / scale);
  });
  view.addEventListener("dragstart", (event) => event.preventDefault());
}
