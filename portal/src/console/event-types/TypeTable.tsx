import { consoleTexts } from "../../console-texts.ts";
import type { Schemas } from "../../shared/api.ts";
import { DataTable, type Column } from "../../shared/components/DataTable.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import type { IconName } from "../../shared/components/Icon.tsx";
import { StatusBadge, type Tone } from "../../shared/components/StatusBadge.tsx";
import { formatCount } from "../../shared/numbers.ts";
import { texts } from "../../texts.ts";
import { useCanWrite } from "../session.ts";
import { marksOf, type TypeMark } from "./marks.ts";

type Row = Schemas["EventTypeInUse"];

const words = consoleTexts.eventTypes;

const LOOKS: Record<TypeMark, { tone: Tone; icon: IconName }> = {
  unused: { tone: "warning", icon: "info" },
  archived: { tone: "quiet", icon: "lock" },
  unknown: { tone: "bad", icon: "warning" },
};

const COLUMNS: Column<Row>[] = [
  { header: words.type, isRowHeader: true, minWidth: 280, cell: (row) => <Name row={row} /> },
  { header: words.subscribers, cell: (row) => formatCount(row.subscribers), isNumber: true },
  { header: words.recentEvents, cell: (row) => formatCount(row.recent_events), isNumber: true },
  { header: words.validation, cell: (row) => <Validation row={row} />, minWidth: 120 },
  { header: words.warnings, cell: (row) => formatCount(row.warnings), isNumber: true },
];

/** Event types with who uses them. */
export function TypeTable({ rows, onEdit }: { rows: Row[]; onEdit: (row: Row) => void }) {
  const canWrite = useCanWrite();
  const actions: Column<Row> = {
    header: texts.apiKeys.actions,
    cell: (row) => (
      <button
        type="button"
        className="button button-small"
        aria-label={row.is_in_catalogue ? words.editNamed(row.name) : words.addNamed(row.name)}
        onClick={() => onEdit(row)}
      >
        {row.is_in_catalogue ? words.edit : words.addShort}
      </button>
    ),
  };
  return (
    <DataTable
      caption={words.caption}
      rows={rows}
      rowKey={(row) => row.name}
      columns={canWrite ? [...COLUMNS, actions] : COLUMNS}
    />
  );
}

function Name({ row }: { row: Row }) {
  return (
    <>
      <span className="row">
        <Foreign isCode>{row.name}</Foreign>
        {marksOf(row).map((mark) => <StatusBadge key={mark} {...LOOKS[mark]} label={words.marks[mark]} />)}
      </span>
      {row.description && <div className="hint"><Foreign>{row.description}</Foreign></div>}
    </>
  );
}

function Validation({ row }: { row: Row }) {
  return (
    <>
      {words.validations[row.validation]}
      {row.validation !== "none" && !row.is_enforced && <div className="hint">{words.notEnforced}</div>}
    </>
  );
}
