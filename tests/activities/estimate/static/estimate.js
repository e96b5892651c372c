// Phones show their keypad where a number is asked for.
import { findAll, onArrival } from "../../classroom/js/page.js";

onArrival(() => {
  for (const field of findAll("data-estimate")) field.inputMode = "numeric";
});
