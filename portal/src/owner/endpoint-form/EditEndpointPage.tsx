import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";

import { isNotFound, type Schemas } from "../../shared/api.ts";
import { Note } from "../../shared/components/ErrorNote.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { PageHeading } from "../../shared/components/PageHeading.tsx";
import { notify } from "../../shared/notify.ts";
import { splitUrl } from "../../shared/split-url.ts";
import { texts } from "../../texts.ts";
import { changeEndpoint } from "../actions.ts";
import { BackLink } from "../BackLink.tsx";
import { GoneNote } from "../GoneNote.tsx";
import { endpointQuery } from "../queries.ts";
import { useCanWrite } from "../session.ts";
import { changesOf, type DraftBody } from "./draft.ts";
import { EndpointForm } from "./EndpointForm.tsx";

const route = getRouteApi("/endpoints/$endpointId/edit");

/** Changes the settings of an endpoint. */
export function EditEndpointPage() {
  const { endpointId } = route.useParams();
  const canWrite = useCanWrite();
  // What is typed is compared with the endpoint as it was at first.
  const endpoint = useQuery({ ...endpointQuery(endpointId), refetchInterval: false });
  if (isNotFound(endpoint.error)) return <GoneNote title={texts.gone.endpoint} />;
  const host = endpoint.data ? splitUrl(endpoint.data.url).host : texts.endpoint.title;
  return (
    <>
      <PageHeading
        title={texts.form.editTitle}
        above={<BackLink to="/endpoints/$endpointId" params={{ endpointId }}><bdi dir="auto">{host}</bdi></BackLink>}
      />
      {canWrite
        ? <Loaded query={endpoint} lines={14}>{(data) => <EditForm key={data.id} endpoint={data} />}</Loaded>
        : <Note tone="info"><p>{texts.readOnly.reason}</p></Note>}
    </>
  );
}

function EditForm({ endpoint }: { endpoint: Schemas["Endpoint"] }) {
  const navigate = route.useNavigate();
  const params = { endpointId: endpoint.id };
  const leave = () => navigate({ to: "/endpoints/$endpointId", params, search: { tab: "settings" } });
  const save = useMutation({
    mutationFn: async (body: DraftBody) => {
      const changes = changesOf(endpoint, body);
      if (Object.keys(changes).length > 0) await changeEndpoint(endpoint.id, changes);
    },
    onSuccess: async () => {
      notify(texts.form.saved);
      await leave();
    },
    gcTime: 0,
  });
  return (
    <EndpointForm
      endpoint={endpoint}
      action={texts.form.save}
      isBusy={save.isPending}
      error={save.error}
      onSubmit={save.mutate}
      onCancel={() => void leave()}
    />
  );
}
