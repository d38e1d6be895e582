export function FunctionSteps() {
  return <h1>FunctionSteps</h1>;
}
