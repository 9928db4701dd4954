import { texts } from "../texts";
import { CheckedBar } from "./CheckedBar";
import { ComparePanel } from "./ComparePanel";
import { CountsPanel } from "./CountsPanel";
import { DifferentialPanel } from "./DifferentialPanel";
import { FilterPanel } from "./FilterPanel";
import { QualityPanel } from "./QualityPanel";
import { SelectionFacts } from "./SelectionFacts";
import { SizesPanel } from "./SizesPanel";
import { TrailPanel } from "./TrailPanel";

/** What is known about the photograph and its cells. */
export function SidePanel() {
  return (
    <aside class="review-panel" aria-label={texts.value.review.panel}>
      <CountsPanel />
      <CheckedBar />
      <DifferentialPanel />
      <SelectionFacts />
      <QualityPanel />
      <SizesPanel />
      <FilterPanel />
      <ComparePanel />
      <TrailPanel />
    </aside>
  );
}
