import type { ComponentProps } from "react";
import styles from "./Button.module.css";

/** A button; `quiet` has no frame until it is pointed at. Icons alone need `aria-label`. */
export function Button({ quiet = false, className, ...rest }: ComponentProps<"button"> & { quiet?: boolean }) {
  const classes = [styles.button, quiet && styles.quiet, className].filter(Boolean).join(" ");
  return <button type="button" className={classes} {...rest} />;
}
