export function Steps() {
  return <h1>Steps</h1>;
}
