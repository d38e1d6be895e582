// Where things are: the hashes of this page's views, and queries.

/** Parameters as a query; `null` and missing ones are left out. */
export function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
  return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
}

export function listHash(filters = {}) {
  const text = query(filters);
  return text ? `#/runs${text}` : "#/";
}

export function runHash(run) {
  return `#/runs/${run}`;
}

export function stepHash(run, step) {
  return `#/runs/${run}/steps/${step}`;
}
