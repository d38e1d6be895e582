// Making elements. Text only ever becomes a text node: what was captured is shown, never interpreted.

/** An element with attributes, and children that are elements, texts, or nothing (null, false). */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** A large notice in place of content: loading, or an error. */
export function state(title, ...rest) {
  return element("div", { class: "state" }, element("h2", {}, title), rest);
}
