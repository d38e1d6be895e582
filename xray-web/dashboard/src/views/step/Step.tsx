import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { StepPanel } from "./StepPanel";

const ROUTE = "/runs/$run/steps/$step";

/** A step as a page: the address holds what of it is looked at. */
export function Step() {
  const { run, step } = useParams({ from: ROUTE });
  const search = useSearch({ from: ROUTE });
  const navigate = useNavigate({ from: ROUTE });
  return (
    <StepPanel
      key={`${run} ${step}`}
      run={run}
      step={step}
      search={search}
      onChange={(change) => navigate({ search: (earlier) => ({ ...earlier, ...change }), replace: true })}
    />
  );
}
