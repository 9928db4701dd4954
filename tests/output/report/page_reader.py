"""Reads an HTML page as strictly as no browser does: what is opened is closed, and in the right order."""

from html.parser import HTMLParser

VOID = {"meta", "img", "input", "br", "hr"}


class Page(HTMLParser):
    """A page: its elements as (tag, attributes) in ``elements``, its text in ``text``, faults in ``faults``."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.faults, self.text, self._open = [], [], "", []
        self.feed(page)
        self.close()
        self.faults += [f"<{tag}> is not closed" for tag in self._open]
        ids = self.values("id")
        self.faults += [f"{name} is there twice" for name in set(ids) if ids.count(name) > 1]

    def values(self, attribute):
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]

    def classes(self, name):
        return [found for found in self.elements if name in (found[1].get("class") or "").split()]

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else")

    def handle_data(self, data):
        self.text += data
