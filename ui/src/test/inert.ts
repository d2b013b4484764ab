// What a rendering of foreign text may consist of. Anything else is a finding.

/** No link and no picture: neither is ever made of foreign text. */
const TAGS = new Set(
  "aside blockquote br button code dd del div dl dt em fieldset form h2 h3 h4 h5 h6 header hr input label legend li mark nav ol p pre progress section span strong svg table tbody td textarea th thead tr ul".split(
    " ",
  ),
);
const SVG = "http://www.w3.org/2000/svg";
const DRAWINGS = new Set(["path", "circle", "rect", "line", "polyline", "polygon", "ellipse", "g"]);
const ATTRIBUTES = new Set(
  "aria-activedescendant aria-busy aria-controls aria-current aria-describedby aria-expanded aria-haspopup aria-hidden aria-keyshortcuts aria-label aria-labelledby aria-multiselectable aria-rowcount aria-rowindex aria-selected aria-sort autocomplete checked class disabled hidden id max placeholder role rows scope spellcheck start tabindex title type value".split(
    " ",
  ),
);
const DRAWING_ATTRIBUTES = new Set(
  "class cx cy d fill height points r rx ry stroke stroke-linecap stroke-linejoin stroke-width viewbox width x x1 x2 xmlns y y1 y2 aria-hidden".split(
    " ",
  ),
);

/** Every element and attribute below `root` that has no place in a rendering of text. */
export function findings(root: Element): string[] {
  const found: string[] = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT);
  while (walker.nextNode()) {
    const element = walker.currentNode as Element;
    const tag = element.localName;
    const drawing = element.namespaceURI === SVG;
    const known = drawing ? tag === "svg" || DRAWINGS.has(tag) : TAGS.has(tag);
    if (!known) found.push(`<${tag}>`);
    const attributes = drawing ? DRAWING_ATTRIBUTES : ATTRIBUTES;
    for (const name of element.getAttributeNames()) {
      const attribute = name.toLowerCase();
      if (attributes.has(attribute) || attribute.startsWith("data-")) continue;
      // The field of the draft sets its own height.
      if (tag === "textarea" && /^(height: [\w.]+;)?$/.test(element.getAttribute("style") ?? "")) continue;
      // A long list has the height of all its lines, and those in sight their place.
      const place = /^(height: [\d.]+px;|transform: translateY\([\d.]+px\);)$/;
      if (tag === "div" && place.test(element.getAttribute("style") ?? "")) continue;
      found.push(`<${tag} ${attribute}>`);
    }
  }
  return found;
}
