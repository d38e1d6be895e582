export function Item() {
  return <h1>Item</h1>;
}
