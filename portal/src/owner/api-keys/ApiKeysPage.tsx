import { useMutation, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";

import { answerOf, ApiError, type Schemas } from "../../shared/api.ts";
import { Confirm } from "../../shared/components/Confirm.tsx";
import { DataTable } from "../../shared/components/DataTable.tsx";
import { EmptyState } from "../../shared/components/EmptyState.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { Icon } from "../../shared/components/Icon.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { PageHeading } from "../../shared/components/PageHeading.tsx";
import { Time } from "../../shared/components/Time.tsx";
import { notify } from "../../shared/notify.ts";
import { texts } from "../../texts.ts";
import { queryClient } from "../query-client.ts";
import { apiKeysQuery } from "../queries.ts";
import { session, useCanWrite } from "../session.ts";

const NewKeyDialog = lazy(() => import("./NewKeyDialog.tsx"));

type Key = Schemas["ApiKey"];

/** The user's API keys. A portal's session may not see them: they are keys themselves. */
export function ApiKeysPage() {
  const keys = useQuery(apiKeysQuery());
  const canWrite = useCanWrite();
  const [isOpen, setIsOpen] = useState(false);
  const needsUser = keys.error instanceof ApiError && keys.error.code === "token_required";
  const create = canWrite && keys.data && (
    <button type="button" className="button button-primary" onClick={() => setIsOpen(true)}>
      <Icon name="plus" />{texts.apiKeys.create}
    </button>
  );
  return (
    <>
      <PageHeading title={texts.pages.apiKeys} actions={keys.data?.length ? create : undefined} />
      <p className="hint">{texts.apiKeys.explanation}</p>
      {needsUser
        ? <EmptyState title={texts.apiKeys.needsUser}><p>{texts.apiKeys.needsUserExplanation}</p></EmptyState>
        : (
          <Loaded query={keys} lines={6}>
            {(rows) => (rows.length === 0
              ? <EmptyState title={texts.apiKeys.none}>{create}</EmptyState>
              : <KeyTable rows={rows} />)}
          </Loaded>
        )}
      <Suspense fallback={null}>{isOpen && <NewKeyDialog onClose={() => setIsOpen(false)} />}</Suspense>
    </>
  );
}

function KeyTable({ rows }: { rows: Key[] }) {
  const words = texts.apiKeys;
  const canWrite = useCanWrite();
  const [deleted, setDeleted] = useState<Key | null>(null);
  return (
    <>
      <DataTable
        caption={texts.pages.apiKeys}
        rows={rows}
        rowKey={(row) => row.id}
        columns={[
          {
            header: words.name,
            cell: (row) => <Foreign>{row.name ?? texts.none}</Foreign>,
            isRowHeader: true,
            minWidth: 160,
          },
          {
            header: words.scopes,
            cell: (row) => row.scopes.map((scope) => words.scopeNames[scope]).join(", "),
            minWidth: 140,
          },
          {
            header: words.lastUsed,
            cell: (row) => (row.last_used_at ? <Time value={row.last_used_at} isRelative /> : words.neverUsed),
            minWidth: 120,
          },
          { header: words.expires, cell: (row) => <Expiry apiKey={row} />, minWidth: 140 },
          { header: words.created, cell: (row) => <Time value={row.created_at} isRelative />, minWidth: 120 },
          ...(canWrite
            ? [{
              header: words.actions,
              cell: (row: Key) => (
                <button type="button" className="button button-small" onClick={() => setDeleted(row)}>
                  {words.delete}<span className="visually-hidden"> {row.name}</span>
                </button>
              ),
            }]
            : []),
        ]}
      />
      {deleted && <DeleteKey apiKey={deleted} onClose={() => setDeleted(null)} />}
    </>
  );
}

function Expiry({ apiKey }: { apiKey: Key }) {
  const words = texts.apiKeys;
  if (!apiKey.expires_at) return words.never;
  const hasExpired = Date.parse(apiKey.expires_at) < Date.now();
  return <>{hasExpired && `${words.expired} `}<Time value={apiKey.expires_at} isRelative /></>;
}

function DeleteKey({ apiKey, onClose }: { apiKey: Key; onClose: () => void }) {
  const words = texts.apiKeys;
  const remove = useMutation({
    mutationFn: () => {
      const params = { path: { api_key_id: apiKey.id } };
      return answerOf(session.api.DELETE("/api-keys/{api_key_id}", { params }));
    },
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["api-keys"] });
      notify(words.deleted);
      onClose();
    },
  });
  return (
    <Confirm
      title={words.deleteTitle}
      action={words.delete}
      isDangerous
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p><Foreign>{apiKey.name}</Foreign></p>
      <p>{words.deleteExplanation}</p>
    </Confirm>
  );
}
