import { useMutation } from "@tanstack/react-query";
import { useEffect } from "react";

import { consoleTexts } from "../../console-texts.ts";
import { answerOf } from "../../shared/api.ts";
import { Dialog } from "../../shared/components/Dialog.tsx";
import { ErrorNote } from "../../shared/components/ErrorNote.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { texts } from "../../texts.ts";
import { session } from "../session.ts";

/** Whose portal is looked at, and the endpoint with which it begins. */
export interface PortalView {
  owner: string;
  endpoint?: { id: string; url: string };
}

const EXPIRES_IN_SECONDS = 900;

/** Makes a link to the portal as its owner sees it. It is a link, since browsers block what opens after an answer. */
export function PortalLinkDialog({ view: { owner, endpoint }, onClose }: { view: PortalView; onClose: () => void }) {
  const words = consoleTexts.portalLink;
  const link = useMutation({
    mutationFn: () => answerOf(session.api.POST("/portal-links", {
      body: { owner, expires_in: EXPIRES_IN_SECONDS, ...(endpoint ? { endpoint_id: endpoint.id } : {}) },
    })),
    gcTime: 0,
  });
  useEffect(() => link.mutate(), []);
  return (
    <Dialog
      title={words.title}
      description={(
        <>
          <p>{words.explanation}</p>
          {endpoint && <p><Foreign isCode>{endpoint.url}</Foreign></p>}
        </>
      )}
      onClose={onClose}
    >
      {link.isPending && <p role="status">{words.making}</p>}
      {link.error && <ErrorNote error={link.error} onRetry={() => link.mutate()} />}
      {link.data && !isWebAddress(link.data.data.url) && <ErrorNote error={new Error(words.noAddress)} />}
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>{texts.close}</button>
        {link.data && isWebAddress(link.data.data.url) && (
          <a
            className="button button-primary button-long"
            href={link.data.data.url}
            target="_blank"
            rel="noopener noreferrer"
            onClick={onClose}
          >
            <span>{words.open} <Foreign isCode>{owner}</Foreign></span>
          </a>
        )}
      </div>
    </Dialog>
  );
}

const isWebAddress = (url: string) => /^https?:\/\//.test(url) && URL.canParse(url);
