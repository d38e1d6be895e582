import { useQuery } from "@tanstack/react-query";
import { step as stepQuery } from "../../api/queries";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/Loading";
import { StepLink } from "../../parts/links";

/** A step beside others. */
export function StepPanel({ run, step }: { run: string; step: string; compact?: boolean }) {
  const { data, error, refetch } = useQuery(stepQuery(run, step, "error"));
  if (!data) return error ? <Failure error={error} retry={refetch} inline /> : <Loading what="Loading the step" />;
  return (
    <h2>
      <StepLink run={run} step={step}>
        {data.name}
      </StepLink>
    </h2>
  );
}
