import { Select } from "../../parts/Select";
import { moment } from "../../text/format";

const CHOICES = [
  { value: "", label: "All time" },
  { value: "1h", label: "Last hour" },
  { value: "1d", label: "Last day" },
  { value: "7d", label: "Last week" },
];

/** How far back runs are looked at. */
export function Since({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const known = CHOICES.some((choice) => choice.value === value);
  const choices = known ? CHOICES : [...CHOICES, { value, label: `Since ${readable(value)}` }];
  return <Select label="Time" choices={choices} value={value} onChange={onChange} />;
}

const readable = (time: string) => (Number.isNaN(Date.parse(time)) ? time : moment(time));
