import { splitUrl } from "../split-url.ts";
import { Foreign } from "./Foreign.tsx";

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
