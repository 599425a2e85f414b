import type { ReactNode } from "react";

/** A column of a {@link DataTable}. */
export interface Column<Row> {
  header: string;
  cell: (row: Row) => ReactNode;
  isNumber?: boolean;
  /** In pixels, where the table is one. */
  minWidth?: number;
  /** The cell that names its row. */
  isRowHeader?: boolean;
}

interface DataTableProps<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  isCaptionVisible?: boolean;
}

/** A table whose rows become cards on narrow screens. The roles keep it a table there. */
export function DataTable<Row>({ caption, columns, rows, rowKey, isCaptionVisible }: DataTableProps<Row>) {
  return (
    <div className="table-box">
      <table className="data-table" role="table">
        <caption className={isCaptionVisible ? undefined : "visually-hidden"}>{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th
                key={column.header}
                role="columnheader"
                scope="col"
                className={column.isNumber ? "number" : undefined}
                style={{ minWidth: column.minWidth }}
              >
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={rowKey(row)} role="row">
              {columns.map((column) => <Cell key={column.header} column={column} row={row} />)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const className = column.isNumber ? "number" : undefined;
  const content = <div className="cell">{column.cell(row)}</div>;
  return column.isRowHeader
    ? <th role="rowheader" scope="row" data-label={column.header} className={className}>{content}</th>
    : <td role="cell" data-label={column.header} className={className}>{content}</td>;
}
