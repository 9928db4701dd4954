/** The photograph, zoomed and moved by OpenSeadragon; its tiles come from the service. */
import OpenSeadragon from "openseadragon";
import type { Box } from "./geometry";

const TILE_PX = 512;
const LARGE_PX = 4000;
const CLOSEST = 8;
const LONGEST_CLICK_MS = 1500; // a slow hand, or a busy machine

/** screen = scale × photograph + offset, in CSS pixels of the element. */
export interface View {
  scale: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface PointerAt {
  x: number;
  y: number;
  /** Whether Shift, Ctrl or Cmd is held. */
  isMore: boolean;
}

/** What the tools want to know; those that return true keep the picture where it is. */
export interface Gestures {
  click: (at: PointerAt) => void;
  drag: (at: PointerAt) => boolean;
  dragEnd: () => void;
  /** Null when the pointer has left. */
  hover: (at: { x: number; y: number } | null) => void;
}

export class Picture {
  private readonly viewer: OpenSeadragon.Viewer;

  /**
   * @param size of the photograph in pixels
   * @param moved called whenever the view has changed
   */
  constructor(
    readonly element: HTMLElement,
    photograph: string,
    readonly size: { width: number; height: number },
    moved: () => void,
    gestures: Gestures,
  ) {
    forbidOwnStyle();
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const maxLevel = Math.max(0, Math.ceil(Math.log2(Math.max(size.width, size.height) / TILE_PX)));
    this.viewer = OpenSeadragon({
      element,
      ...{ drawer: "canvas", showNavigationControl: false, keyboardNavEnabled: false },
      showNavigator: Math.max(size.width, size.height) > LARGE_PX,
      ...{ navigatorPosition: "BOTTOM_RIGHT", navigatorSizeRatio: 0.18, navigatorMaintainSizeRatio: true },
      ...{ maxZoomPixelRatio: CLOSEST, minZoomImageRatio: 0.8, visibilityRatio: 0.5 },
      animationTime: isStill ? 0 : 0.25,
      ...{ zoomPerScroll: 1.25, imageSmoothingEnabled: true, preserveImageSizeOnResize: true },
      clickTimeThreshold: LONGEST_CLICK_MS,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: false, flickEnabled: false },
      gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: false, flickEnabled: !isStill, pinchRotate: false },
      gestureSettingsPen: { clickToZoom: false, dblClickToZoom: false },
      tileSources: {
        ...{ ...size, tileSize: TILE_PX, tileOverlap: 0, minLevel: 0, maxLevel },
        getTileUrl: (level: number, col: number, row: number) =>
          `/api/photographs/${photograph}/tiles/${level}/${col}/${row}.jpg`,
      } as OpenSeadragon.TileSourceOptions,
    });
    for (const event of ["open", "update-viewport", "resize"] as const) this.viewer.addHandler(event, moved);
    this.takeGestures(gestures);
    this.viewer.canvas.tabIndex = -1; // the element around it takes the keys
  }

  private takeGestures(gestures: Gestures): void {
    const at = (event: { position: OpenSeadragon.Point; originalEvent: Event }): PointerAt => {
      const { shiftKey, ctrlKey, metaKey } = event.originalEvent as PointerEvent;
      return { ...this.toPhotograph(event.position.x, event.position.y), isMore: shiftKey || ctrlKey || metaKey };
    };
    let isDrawing = false;
    let endOfLine: Event | null = null;
    this.viewer.addHandler("canvas-click", (event) => {
      if (event.quick && event.originalEvent !== endOfLine) gestures.click(at(event)); // a closed line ends where it began
    });
    this.viewer.addHandler("canvas-drag", (event) => {
      isDrawing = event.preventDefaultAction = gestures.drag(at(event));
    });
    this.viewer.addHandler("canvas-drag-end", (event) => {
      endOfLine = isDrawing ? event.originalEvent : null;
      isDrawing = false;
      gestures.dragEnd();
    });
    this.element.addEventListener("pointermove", ({ buttons, clientX, clientY }) => {
      const { left, top } = this.element.getBoundingClientRect();
      if (!buttons) gestures.hover(this.toPhotograph(clientX - left, clientY - top));
    });
    this.element.addEventListener("pointerleave", () => gestures.hover(null));
  }

  get view(): View {
    const { viewport } = this.viewer;
    const container = viewport.getContainerSize();
    const scale = (viewport.getZoom(true) * container.x) / this.size.width;
    const corner = viewport.pixelFromPoint(new OpenSeadragon.Point(0, 0), true);
    // the centre of the first pixel is (0, 0) for cells, its corner is for OpenSeadragon
    return { scale, x: corner.x + scale / 2, y: corner.y + scale / 2, width: container.x, height: container.y };
  }

  /** @param x, y in CSS pixels of the element */
  toPhotograph(x: number, y: number): { x: number; y: number } {
    const { view } = this;
    return { x: (x - view.x) / view.scale, y: (y - view.y) / view.scale };
  }

  /** The place of the photograph in the middle of what is seen. */
  get middle(): { x: number; y: number } {
    const { width, height } = this.view;
    return this.toPhotograph(width / 2, height / 2);
  }

  /** Put a canvas over the picture and under the small map. */
  addLayer(): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    canvas.className = "layer";
    this.viewer.canvas.append(canvas);
    return canvas;
  }

  fit(): void {
    this.viewer.viewport.goHome();
  }

  zoom(factor: number): void {
    this.viewer.viewport.zoomBy(factor).applyConstraints();
  }

  /** Move what is seen by a share of its width or height. */
  pan(right: number, down: number): void {
    const { viewport } = this.viewer;
    const { width, height } = viewport.getBounds();
    viewport.panBy(new OpenSeadragon.Point(right * width, down * height)).applyConstraints();
  }

  /** Bring a place into the middle; closer if a length there would be shorter on the screen than `least`. */
  show(x: number, y: number, length: number, least: number): void {
    const { viewport } = this.viewer;
    const scale = (viewport.getZoom() * viewport.getContainerSize().x) / this.size.width;
    if (length * scale < least) {
      viewport.zoomTo((least / length) * (this.size.width / viewport.getContainerSize().x));
    }
    viewport.panTo(new OpenSeadragon.Point((x + 0.5) / this.size.width, (y + 0.5) / this.size.width));
  }

  close(): void {
    this.viewer.destroy();
  }
}

export function boxShown(view: View): Box {
  const [x0, y0] = [-view.x / view.scale, -view.y / view.scale];
  return { x0, y0, x1: x0 + view.width / view.scale, y1: y0 + view.height / view.scale };
}

/**
 * OpenSeadragon adds a style sheet unless there is one with this name; a strict policy forbids that. What stands in for
 * it has the name of a style sheet and is none.
 */
function forbidOwnStyle(): void {
  const name = "data-openseadragon-mobile-css";
  if (document.querySelector(`style[${name}]`)) return;
  const empty = document.createElementNS("urn:hemolens:none", "style");
  empty.setAttribute(name, "");
  document.head.append(empty);
}
