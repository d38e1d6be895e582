import { Link } from "@tanstack/react-router";
import { Empty } from "../parts/Empty";

export const NotFound = () => (
  <Empty title="There is no such page">
    <p>
      The address may not be whole. <Link to="/">All runs</Link>
    </p>
  </Empty>
);
