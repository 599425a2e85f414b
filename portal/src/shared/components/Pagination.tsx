import { texts } from "../../texts.ts";

interface PaginationProps {
  shown: number;
  hasMore: boolean;
  isLoading: boolean;
  onMore: () => void;
}

/** How many rows there are so far, and the button that loads those after them. */
export function Pagination({ shown, hasMore, isLoading, onMore }: PaginationProps) {
  return (
    <div className="pagination">
      <span role="status">{hasMore ? texts.pagination.some(shown) : texts.pagination.all(shown)}</span>
      {hasMore && (
        <button type="button" className="button" onClick={onMore} disabled={isLoading}>
          {isLoading ? texts.loading : texts.pagination.more}
        </button>
      )}
    </div>
  );
}
