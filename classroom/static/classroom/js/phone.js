// Tells the computer at once that this phone got in, and how large its screen is; without it there is a button.
import { find } from "./page.js";

const form = find("data-phone");
form.elements.width.value = Math.round(innerWidth);
form.elements.height.value = Math.round(innerHeight);
form.submit();
