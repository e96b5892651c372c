// The axis that a chart names: its lowest and highest value, and where on the chart these two are.
export function axisOf(chart, name) {
  const [low, high, start, end] = chart.dataset[name].split(" ").map(Number);
  const at = (value) => start + ((Math.min(Math.max(value, low), high) - low) / (high - low)) * (end - start);
  const valueAt = (place) => low + ((place - start) / (end - start)) * (high - low);
  return { low, high, at, valueAt };
}
