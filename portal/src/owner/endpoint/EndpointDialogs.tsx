import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { answerOf, type Schemas } from "../../shared/api.ts";
import { Confirm } from "../../shared/components/Confirm.tsx";
import { notify } from "../../shared/notify.ts";
import { splitUrl } from "../../shared/split-url.ts";
import { texts } from "../../texts.ts";
import { changeEndpoint } from "../actions.ts";
import { queryClient } from "../query-client.ts";
import { session } from "../session.ts";
import { RotateDialog } from "./RotateDialog.tsx";
import { TestDialog } from "./TestDialog.tsx";

/** The dialogs of an endpoint's page. */
export type EndpointDialog = "test" | "switch" | "rotate" | "delete";

interface DialogProps {
  endpoint: Schemas["Endpoint"];
  onClose: () => void;
}

/** The dialog that is open, if one is. */
export function EndpointDialogs({ open, ...props }: DialogProps & { open: EndpointDialog | null }) {
  if (open === "test") return <TestDialog {...props} />;
  if (open === "rotate") return <RotateDialog {...props} />;
  if (open === "delete") return <DeleteDialog {...props} />;
  return open === "switch" ? <SwitchDialog {...props} /> : null;
}

function SwitchDialog({ endpoint, onClose }: DialogProps) {
  const words = texts.endpoint;
  const turnOn = !endpoint.is_active;
  const change = useMutation({
    mutationFn: () => changeEndpoint(endpoint.id, { is_active: turnOn }),
    onSuccess: () => {
      notify(turnOn ? words.switchedOn : words.switchedOff);
      onClose();
    },
  });
  return (
    <Confirm
      title={turnOn ? words.switchOn : words.switchOff}
      action={turnOn ? words.switchOn : words.switchOff}
      isBusy={change.isPending}
      error={change.error}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      <p>{turnOn ? words.switchOnExplanation : words.switchOffExplanation}</p>
    </Confirm>
  );
}

function DeleteDialog({ endpoint, onClose }: DialogProps) {
  const words = texts.endpoint;
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => {
      const params = { path: { endpoint_id: endpoint.id } };
      return answerOf(session.api.DELETE("/webhooks/{endpoint_id}", { params }));
    },
    onSuccess: async () => {
      notify(words.deleted);
      await navigate({ to: "/" });
      queryClient.removeQueries({ queryKey: ["endpoint", endpoint.id] });
      await queryClient.invalidateQueries({ queryKey: ["endpoints"] });
    },
  });
  return (
    <Confirm
      title={words.delete}
      action={words.delete}
      isDangerous
      typed={splitUrl(endpoint.url).host}
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p>{words.deleteExplanation}</p>
    </Confirm>
  );
}
