// The API reference, out of the OpenAPI document that the server has.

import { element, state } from "./dom.js";

const main = document.getElementById("main");
/** Schemas within schemas are unfolded this deep. */
const DEEPEST = 6;

show();

async function show() {
  main.replaceChildren(state("Loading …"));
  let api;
  try {
    const response = await fetch("/api/v1/openapi.json");
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    api = await response.json();
  } catch (error) {
    main.replaceChildren(state("The document could not be read", element("p", {}, error.message)));
    return;
  }
  const groups = grouped(api);
  main.replaceChildren(element("div", { class: "reference" },
    element("nav", { class: "contents", "aria-label": "Contents" }, groups.map(contents)),
    element("div", {},
      element("section", { class: "about" }, element("h1", {}, `${api.info.title} ${api.info.version}`), prose(api.info.description)),
      groups.flatMap(([, operations]) => operations.map((it) => operation(api, it))))));
  // The part that the address names exists only now.
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

/** The operations by their tag, in the order of the document. */
function grouped(api) {
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, said] of Object.entries(methods)) {
      const tag = said.tags?.[0] ?? "others";
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push({ path, method, said, id: `${method}${path}` });
    }
  }
  return [...groups];
}

function contents([tag, operations]) {
  const name = ({ method, path }) => (method === "get" ? "" : `${method.toUpperCase()} `) + (path.replace("/api/v1", "") || "/");
  const link = (it) => element("li", {}, element("a", { href: `#${encodeURIComponent(it.id)}` }, name(it)));
  return [element("h2", {}, tag), element("ul", {}, operations.map(link))];
}

function operation(api, { path, method, said, id }) {
  const parameters = said.parameters ?? [];
  return element("section", { class: "operation", id },
    element("h2", {}, said.summary ?? path),
    element("p", { class: "address" }, element("span", { class: "method" }, method.toUpperCase()), ` ${path}`),
    said.description && prose(said.description),
    parameters.length > 0 && [element("h4", {}, "Parameters"),
      element("ul", { class: "parameters" }, parameters.map((it) => parameter(api, it)))],
    element("h4", {}, "Answers"),
    element("div", { class: "answers" }, Object.entries(said.responses).map((it) => answer(api, it))));
}

function parameter(api, { name, in: place, required, description, schema }) {
  const said = resolve(api, schema ?? {});
  const words = said.enum ?? said.items?.enum;
  const range = [said.minimum !== undefined && `from ${said.minimum}`, said.maximum !== undefined && `to ${said.maximum}`,
    said.default !== undefined && `${said.default} unless given`].filter(Boolean).join(", ");
  return element("li", {},
    element("span", { class: "name" }, name),
    element("div", {},
      element("span", { class: "type" }, [typeOf(said), `in the ${place}`, required && "required"].filter(Boolean).join(", ")),
      description && prose(description),
      range && element("p", { class: "allowed" }, range),
      words && element("p", { class: "allowed" }, words.join(" | ")),
      said.pattern && element("p", { class: "allowed" }, said.pattern)));
}

function answer(api, [status, said]) {
  const kinds = Object.entries(said.content ?? {});
  const title = [element("span", { class: "status", "data-class": status[0] }, status), " ", said.description, " ",
    element("span", { class: "type" }, kinds.map(([kind]) => kind).join(", "))];
  const schema = kinds.map(([, content]) => content.schema).find(Boolean);
  const fields = schema && schemaOf(api, schema, 0);
  if (!fields) return element("div", { class: "flat" }, title);
  return element("details", {}, element("summary", {}, title), element("div", { class: "schema" }, fields));
}

/** The fields of a schema, or null if it has none. */
function schemaOf(api, schema, depth) {
  const fields = fieldsOf(api, schema);
  if (fields.length === 0 || depth > DEEPEST) return null;
  return element("ul", {}, fields.map(([name, inner, required]) => {
    const said = resolve(api, inner);
    const beyond = schemaOf(api, inner, depth + 1);
    const label = [element("span", { class: "name" }, name), " ",
      element("span", { class: "type" }, [typeOf(said), !required && "at times"].filter(Boolean).join(", ")), " ",
      inner.description ?? said.description ?? "",
      said.enum && element("span", { class: "type" }, ` ${said.enum.join(" | ")}`)];
    return element("li", {}, beyond ? element("details", {}, element("summary", {}, label), beyond) : label);
  }));
}

/** The fields of an object, of a list's elements, and of what a schema is put together from. */
function fieldsOf(api, schema) {
  const said = resolve(api, schema);
  const parts = [...(said.allOf ?? []), ...(said.oneOf ?? []), ...(said.anyOf ?? [])];
  const own = Object.entries(said.properties ?? {}).map(([name, inner]) => [name, inner, said.required?.includes(name) ?? false]);
  const inner = said.items ?? (typeof said.additionalProperties === "object" ? said.additionalProperties : null);
  return [...own, ...parts.flatMap((part) => fieldsOf(api, part)), ...(inner && own.length === 0 ? fieldsOf(api, inner) : [])];
}

function resolve(api, schema) {
  if (!schema.$ref) return schema;
  return schema.$ref.slice(2).split("/").reduce((place, name) => place?.[name], api) ?? {};
}

function typeOf(said) {
  const types = [said.type ?? []].flat();
  if (types.includes("array")) return "list";
  const parts = [...(said.oneOf ?? []), ...(said.anyOf ?? [])];
  if (types.length === 0 && parts.length > 0) return parts.some((part) => part.type === "null") ? "object or null" : "object";
  if (types.length === 0) return said.allOf ? "object" : "anything";
  return types.join(" or ");
}

/** Markdown as far as the document uses it: paragraphs, points, `code` and **strong** words. */
function prose(text = "") {
  return text.trim().split(/\n\s*\n/).map((block) => {
    const points = block.split(/\n(?=- )/).filter((line) => line.startsWith("- "));
    if (points.length > 0) return element("ul", {}, points.map((point) => element("li", {}, words(point.slice(2)))));
    return element("p", {}, words(block));
  });
}

function words(text) {
  return text.replace(/\s*\n\s*/g, " ").split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith("`")) return element("code", {}, part.slice(1, -1));
    if (part.startsWith("**")) return element("strong", {}, part.slice(2, -2));
    return part;
  });
}
