import { Foreign } from "../shared/components/Foreign.tsx";
import { splitUrl } from "./endpoint-state.ts";

/** An endpoint's URL, its host before all. */
export function EndpointUrl({ url }: { url: string }) {
  const { host, path } = splitUrl(url);
  return (
    <span className="endpoint-url" title={url}>
      <Foreign>{host}</Foreign>
      <Foreign><span className="quiet">{path}</span></Foreign>
    </span>
  );
}
