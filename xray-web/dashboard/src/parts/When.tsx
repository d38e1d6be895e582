import { moment } from "../text/format";

/** A time as the API writes it; the tooltip has all its digits. */
export const When = ({ at }: { at: string }) => (
  <time dateTime={at} title={at}>
    {moment(at)}
  </time>
);
