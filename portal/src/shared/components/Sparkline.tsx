/** A part of the time that a sparkline covers. */
export interface SparklineBucket {
  attempts: number;
  failed: number;
}

const HEIGHT = 28;
const STEP = 5;

/** Attempts over time as small bars, those that failed at their foot in another colour. `label` says it in words. */
export function Sparkline({ buckets, label }: { buckets: SparklineBucket[]; label: string }) {
  const most = Math.max(1, ...buckets.map((bucket) => bucket.attempts));
  const width = Math.max(1, buckets.length) * STEP;
  const scale = (count: number) => (count === 0 ? 0 : Math.max(1.5, (count / most) * (HEIGHT - 2)));
  return (
    <svg className="sparkline" viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={label}>
      {buckets.map((bucket, index) => {
        const [all, failed] = [scale(bucket.attempts), scale(bucket.failed)];
        return (
          <g key={index}>
            <rect className="spark-rest" x={index * STEP} y={HEIGHT - 1} width={STEP - 1} height={1} />
            <rect className="spark-good" x={index * STEP} y={HEIGHT - all} width={STEP - 1} height={all} />
            <rect className="spark-bad" x={index * STEP} y={HEIGHT - failed} width={STEP - 1} height={failed} />
          </g>
        );
      })}
    </svg>
  );
}
