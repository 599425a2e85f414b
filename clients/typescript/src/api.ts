// Made by openapi/types.mjs of the OpenAPI document. `UPDATE_SCHEMA=1 cargo xtask test` makes it again.

export interface paths {
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes events, or sends due deliveries
         * @description `{"event": {…}}` stores an event and sends it at once. The same `event_id` never becomes a second delivery to the
         *     same endpoint, so a call that timed out can be repeated. A type that is not in the catalogue is accepted,
         *     and reaches those who are subscribed to `*`.
         *
         *     `{"events": […]}` does the same with up to 100, in the same two calls of the database for all of them. **Each is taken or
         *     refused by itself**: its place in the answer has what became of it, or its error. An entry may therefore be anything.
         *
         *     With `"wait": false` the answer is a 202 as soon as they are stored: one worker sends, in full batches, what many such
         *     calls stored.
         *
         *     A call sends one batch (`DELIVERY_BATCH`). What has no room in it, or waits for its endpoint's limit, is
         *     `pending` and sent after the answer or by the cron. An event that more than 1,000 endpoints want is answered with
         *     `more`, and becomes deliveries 1,000 at a time.
         *
         *     `{"action": "retry"}` sends one batch of due deliveries. `{"action": "wake"}` answers 202 and then sends due deliveries
         *     until none is left; `WAKE_UP_KEY` opens it, too.
         */
        post: operations["deliver"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists your API keys
         * @description Newest first, never with a key. With a user's token.
         */
        get: operations["listApiKeys"];
        put?: never;
        /**
         * Makes an API key
         * @description The key is in this answer and nowhere else. With a user's token.
         */
        post: operations["createApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api-keys/{api_key_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 60507abf-2c53-4fc4-9a2b-9e7bf418a5f5 */
                api_key_id: components["parameters"]["api_key_id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Deletes an API key
         * @description It opens nothing from now on. With a user's token.
         */
        delete: operations["deleteApiKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/console-links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists links to the console and sessions that have not ended
         * @description The newest 100.
         */
        get: operations["listConsoleLinks"];
        put?: never;
        /**
         * Makes a link to the console
         * @description With it one of the operator's people uses the console without the service key. What they do is logged under the name
         *     that the call gives. The first to open the link gets the session.
         */
        post: operations["createConsoleLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/console-links/{console_link_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 3f0c7d52-5d0f-4a3e-8f57-0b6f2f0b9a41 */
                console_link_id: components["parameters"]["console_link_id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes a link to the console and the session it opened */
        delete: operations["revokeConsoleLink"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/console-session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Opens the console by a link, or goes on with it
         * @description What the page at `/console` calls when it is loaded. The token of a link is taken once.
         */
        post: operations["openConsole"];
        /**
         * Signs out of the console
         * @description The session that calls has no rights from now on, and the cookie that has it is deleted.
         */
        delete: operations["closeConsole"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deliveries/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ends deliveries that wait
         * @description Pending and retrying deliveries of all endpoints, or of one, of a type or a window, 10,000 at a time, end as `failed`,
         *     "Cancelled by its owner", and can be sent again. An attempt that is under way is not interrupted.
         */
        post: operations["cancelDeliveries"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deliveries/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Has failed deliveries of all endpoints sent again
         * @description Or of one, of a type or a window, 10,000 at a time; those of inactive endpoints are left out. `more` says that a further
         *     call is needed.
         */
        post: operations["resendDeliveries"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page to read it on */
        get: operations["getDocs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/event-types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists what endpoints may subscribe to */
        get: operations["listEventTypes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/event-types/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The type's name.
                 * @example vehicle.sold
                 */
                name: components["schemas"]["EventType"];
            };
            cookie?: never;
        };
        get?: never;
        /**
         * Adds an event type to the catalogue, or changes one
         * @description What the body names is changed, and the rest stays. An archived type is no longer listed and cannot be subscribed to
         *     anew; endpoints that are subscribed go on receiving it.
         *
         *     `schema` is what `data` is, as JSON Schema: owners see it. Where the database has
         *     [pg_jsonschema](https://github.com/supabase/pg_jsonschema), `validation` says what becomes of an event that does not fit:
         *     with `warn` it is taken and counted, with `refuse` it is answered 400 `schema_violation`. Where it has not, the schema is
         *     documentation only, and `is_enforced` says so. `breaking` says what of a change receivers may not expect: fields that are
         *     gone or no longer always there, other types, other values. Patterns, limits and `oneOf` are not compared.
         */
        put: operations["putEventType"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the events that were for you
         * @description Newest first: those addressed to you, and those for all owners that reached one of your endpoints. A call looks at
         *     10,000 events at most: a page may be short, or empty, and still have a `next_cursor`.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/{event_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The event's id, percent-encoded where it needs to be.
                 * @example evt_1
                 */
                event_id: string;
            };
            cookie?: never;
        };
        /**
         * Shows an event and what became of it
         * @description With its payload and, for each of your endpoints, the delivery or why there is none: `pending` (it is being fanned
         *     out), `registered_later`, `not_subscribed`, `filtered`, `subscribed_later`. What an inactive endpoint missed is a delivery that
         *     failed.
         */
        get: operations["getEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/erase": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Erases what events say
         * @description Of events that are addressed to you: their data and the answers of receivers are deleted for good, rows, times and counts
         *     stay. What waits ends as `failed`, "The event was erased"; an attempt that is under way is the last. Events are named by
         *     `event_ids`, or by what their data `contains`: then a call looks at 10,000 of them, newest first, and `next_cursor` says
         *     that a further call is needed. The database keeps who erased how many, and when. What Postgres has on disk goes with its
         *     next vacuum, backups keep what they have.
         */
        post: operations["eraseEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Metrics for Prometheus */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["getOpenApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/audit-log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists what operators did
         * @description Newest first, 100 a page. What only looked is left out, but for views of an owner.
         */
        get: operations["listAuditLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/deliveries/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ends deliveries that wait, of any owner
         * @description They end as `failed`, with the error "Cancelled by the operator", and can be sent again. A delivery that is being attempted
         *     goes on. Call again with `next_cursor` until it is null, as for resend.
         */
        post: operations["cancelDeliveriesOf"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/deliveries/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Has failed deliveries sent again, of any owner
         * @description Those of active endpoints that fit, oldest of each endpoint first: of an owner, of an endpoint, or, with `all`, of all
         *     owners. A call looks at 1,000 endpoints and finds up to 10,000 deliveries: call again with `next_cursor` until it is null.
         *     They are sent after the answer. With `dry_run` they are counted, up to 10,000 of each 1,000 endpoints.
         */
        post: operations["resendDeliveriesOf"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/endpoints/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Switches endpoints off, of any owner
         * @description Active ones alone. Their owners see "Paused by the operator", and can switch them on. What comes meanwhile, or waits for a
         *     retry whose turn comes meanwhile, is recorded as failed and can be sent again.
         */
        post: operations["pauseEndpointsOf"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/endpoints/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Switches endpoints on, of any owner
         * @description Endpoints that the operator paused, or that the system disabled because they failed. Endpoints that their owner switched off
         *     stay off.
         */
        post: operations["resumeEndpointsOf"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/event-types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the catalogue, and who uses it
         * @description Archived types too, and up to 1,000 that only the newest events have.
         */
        get: operations["listEventTypesInUse"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether all is well
         * @description What waits, how attempts fare, problems, and the endpoints and owners with most failures within the hour. Attempts are
         *     counted by the cron: what is newer than a minute may be missing, here and in the statistics of all endpoints.
         */
        get: operations["getOverview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Finds an event, a delivery, an endpoint or an owner
         * @description By the whole id of any of them, or by a part of an endpoint's URL. Up to 20 of each kind.
         */
        get: operations["search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the attempts at all endpoints came to, or at those of one owner */
        get: operations["getOperatorStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/storage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How large the tables are, and whether retention keeps up */
        get: operations["getStorage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/portal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The page for owners
         * @description At this path and all below it. It loads nothing from another host.
         */
        get: operations["getPortal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/portal-links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists links and sessions that have not ended
         * @description The newest 100, or those of one owner.
         */
        get: operations["listPortalLinks"];
        put?: never;
        /**
         * Makes a link to the portal
         * @description With it an owner uses the portal without signing in. The first to open the link gets the session: give it to the owner
         *     alone.
         *
         *     With a session of the console it is for the operator, who looks at the portal as the owner sees it: it may only read, lasts
         *     900 seconds at most and no longer once that session is revoked, the portal says whose view it is, and the audit log has it.
         */
        post: operations["createPortalLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/portal-links/{portal_link_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 7f4a1f0e-8f0c-4a53-a6c2-0a4d6a1f5f6e */
                portal_link_id: components["parameters"]["portal_link_id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes a link and the session it opened */
        delete: operations["revokePortalLink"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/portal-session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Opens the portal by a link, or goes on with it
         * @description What the page at `/portal` calls when it is loaded. The token of a link is taken once.
         */
        post: operations["openPortal"];
        /**
         * Signs out of the portal
         * @description The session that calls has no rights from now on, and the cookie that has it is deleted.
         */
        delete: operations["closePortal"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists your replays
         * @description The 100 newest.
         */
        get: operations["listReplays"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays/{replay_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 9d0c1ab5-4f0c-4b0e-8d7c-6d5a2f6f2f10 */
                replay_id: components["parameters"]["replay_id"];
            };
            cookie?: never;
        };
        /** Shows a replay and how far it is */
        get: operations["getReplay"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays/{replay_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 9d0c1ab5-4f0c-4b0e-8d7c-6d5a2f6f2f10 */
                replay_id: components["parameters"]["replay_id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ends a replay
         * @description Deliveries that are due already are sent. A replay that has ended is not changed.
         */
        post: operations["cancelReplay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The statistics of all your endpoints */
        get: operations["getStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/stats/endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The attempts of each of your endpoints
         * @description Of all that had attempts in the window.
         */
        get: operations["listEndpointStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists your endpoints
         * @description All of them, newest first, each with counts of its deliveries.
         */
        get: operations["listEndpoints"];
        put?: never;
        /**
         * Registers an endpoint
         * @description The secret is in this answer and in that of the rotation, and nowhere else. An endpoint that is registered with
         *     `is_active` false is sent nothing until it is switched on; what comes meanwhile is recorded and can be recovered.
         */
        post: operations["createEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks-deliver/events/erase": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Erases what events say, of any owner
         * @description As `POST /events/erase` of manage, for the operator: of the owner `user_id`, or of all, events for all owners included.
         */
        post: operations["eraseEventsOf"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{endpoint_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        /**
         * Shows an endpoint
         * @description With its 20 newest deliveries.
         */
        get: operations["getEndpoint"];
        put?: never;
        post?: never;
        /**
         * Deletes an endpoint
         * @description With its deliveries, which can no longer be seen at once.
         */
        delete: operations["deleteEndpoint"];
        options?: never;
        head?: never;
        /**
         * Changes an endpoint
         * @description What the body names is changed, and the rest stays. `headers` are replaced as a whole. Switching an endpoint on, or
         *     giving it another URL, clears what is known about its failures.
         */
        patch: operations["updateEndpoint"];
        trace?: never;
    };
    "/webhooks/{endpoint_id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        /**
         * Lists an endpoint's deliveries
         * @description Newest first, page by page. Parameters that are not listed here are refused.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{endpoint_id}/deliveries/{delivery_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 050bddf9-b0e3-417f-98b8-95fb52d28b99 */
                delivery_id: components["parameters"]["delivery_id"];
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        /**
         * Shows a delivery
         * @description With what was sent and every attempt.
         */
        get: operations["getDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{endpoint_id}/deliveries/{delivery_id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 050bddf9-b0e3-417f-98b8-95fb52d28b99 */
                delivery_id: components["parameters"]["delivery_id"];
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Has a delivery sent again
         * @description Whatever its status, with as many attempts as it had at first. One that is due already or on its way stays as it is:
         *     repeating the call changes nothing. With a queue it leaves within a second, else with the cron.
         */
        post: operations["resendDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{endpoint_id}/filter/test": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Says which events a filter lets through
         * @description Tested are your newest events of the types that the endpoint is subscribed to, 20 or `last`, of the last 1,000, as far
         *     as a second goes; or the `event` that comes along. Nothing is changed or sent.
         */
        post: operations["testFilter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{endpoint_id}/recover": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Has failed deliveries sent again
         * @description Those that were created from `since` until `until`, a window of at most 14 days, oldest first and 10,000 at a time.
         *     `more` says that a further call is needed for the rest. Deliveries that are due already are left alone, so the call
         *     can be repeated.
         */
        post: operations["recoverDeliveries"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{endpoint_id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sends events of the log to an endpoint
         * @description To a new one, or again: events of your log from `since` on that the endpoint is subscribed to and that its filter lets
         *     through, oldest first. The first 500 are looked at in this call, the rest in steps by the cron, behind at most 1,000
         *     deliveries that the endpoint has waiting; `GET /replays/{replay_id}` says how far it is. A replayed delivery has the
         *     header `webhook-replay: true`, and the `webhook-id` of the event, unless `new_ids` makes each a new event: receivers
         *     drop what they know. With `dry_run` nothing is sent, and what is counted is what up to 10,000 events come to; `status`
         *     `running` says that there are more. What was erased is counted and left out, and what is older than `log_begins_at` is
         *     gone.
         */
        post: operations["replayEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{endpoint_id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Gives an endpoint a new secret
         * @description The secret before goes on signing beside the new one for `expires_in_hours`, and those before that as long as they
         *     were to: each header carries one signature for each secret, newest first. With 0 only the new one signs, at once.
         *     Ten earlier secrets may sign at a time.
         */
        post: operations["rotateSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{endpoint_id}/stats": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        /** The statistics of an endpoint */
        get: operations["getEndpointStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{endpoint_id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sends an endpoint an example
         * @description The catalogue's example of `event_type`, or of the first type that the endpoint is subscribed to, or `data`, to this
         *     endpoint alone. Its `event_id` begins with `test_`, and there is one attempt.
         */
        post: operations["testEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Switches endpoints off
         * @description Those named, those whose metadata contains `metadata`, or all. What comes meanwhile is recorded as failed and can be sent
         *     again.
         */
        post: operations["pauseEndpoints"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Switches endpoints on
         * @description Those named, those whose metadata contains `metadata`, or all.
         */
        post: operations["resumeEndpoints"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    event: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An event, at your endpoint
         * @description Verify a signature on the body's exact bytes, refuse a timestamp more than five minutes away, remember the
         *     `webhook-id`s you have handled, and answer 2xx quickly. While a secret is being rotated each header has one
         *     signature for each secret; one that fits is enough. Any 2xx is a success, a redirect is not followed.
         *     `docs/receiving` has receivers in eight languages.
         */
        post: operations["receiveEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        ApiKey: {
            created_at: components["schemas"]["Time"];
            expires_at: components["schemas"]["NullableTime"];
            id: components["schemas"]["Id"];
            is_active: boolean;
            /** @description Noted once a minute at most. */
            last_used_at: components["schemas"]["NullableTime"];
            name: string | null;
            scopes: components["schemas"]["Scopes"];
        };
        ApiKeyWithKey: {
            created_at: components["schemas"]["Time"];
            expires_at: components["schemas"]["NullableTime"];
            id: components["schemas"]["Id"];
            is_active: boolean;
            key: string;
            /** @description Noted once a minute at most. */
            last_used_at: components["schemas"]["NullableTime"];
            name: string | null;
            scopes: components["schemas"]["Scopes"];
        };
        Attempt: {
            attempt: number;
            attempted_at: components["schemas"]["Time"];
            error: string | null;
            /** @description The first 1000 characters. */
            response_body: string | null;
            response_status: number | null;
            response_time_ms: number | null;
        };
        AuditEntry: {
            /** @enum {unknown} */
            action: "open_console" | "close_console" | "create_console_link" | "revoke_console_link" | "revoke_portal_link" | "view_owner" | "resend_deliveries" | "cancel_deliveries" | "pause_endpoints" | "resume_endpoints" | "erase_events" | "put_event_type";
            at: components["schemas"]["Time"];
            /** @description What was asked, and what came of it; of a list of ids the first 100. */
            details: {
                [key: string]: unknown;
            };
            id: number;
            /** @description The name of the console's link, or `service key`. */
            operator: string;
            owner: components["schemas"]["NullableId"];
        };
        Cancelled: {
            cancelled: number;
            matched: number;
            more: boolean;
        };
        CatalogueEntry: {
            description: string | null;
            example: {
                [key: string]: unknown;
            } | null;
            name: string;
            /** @description What `data` is, as JSON Schema. */
            schema: {
                [key: string]: unknown;
            } | null;
        };
        ConsoleLink: {
            created_at: components["schemas"]["Time"];
            /** @description When the link ends, or, once it was opened, the session. */
            expires_at: components["schemas"]["Time"];
            id: components["schemas"]["Id"];
            opened_at: components["schemas"]["NullableTime"];
            operator: string;
            scopes: components["schemas"]["Scopes"];
        };
        ConsoleLinkWithUrl: {
            created_at: components["schemas"]["Time"];
            /** @description When the link ends, or, once it was opened, the session. */
            expires_at: components["schemas"]["Time"];
            id: components["schemas"]["Id"];
            opened_at: components["schemas"]["NullableTime"];
            operator: string;
            scopes: components["schemas"]["Scopes"];
            /** @description The link, with a token that opens the page once. It is in this answer and nowhere else. */
            url: string;
        };
        ConsoleSession: {
            expires_at: components["schemas"]["Time"];
            operator: string;
            scopes: components["schemas"]["Scopes"];
            /** @description What the page calls deliver with, in `X-API-Key`. */
            session: string;
        };
        ConsoleSessionCall: {
            /** @description The token of a link. Without it the session of the cookie `webhooks_console` is answered. */
            token?: string | null;
        };
        /**
         * @description Where a page begins. Take it as it is.
         * @example 1795561841512444_050bddf9-b0e3-417f-98b8-95fb52d28b99
         */
        Cursor: string;
        DeliverCall: {
            /** @enum {unknown} */
            action?: "deliver" | null;
            event: components["schemas"]["NewEvent"];
            events?: null;
            /** @default true */
            wait?: boolean | null;
        } | {
            /** @enum {unknown} */
            action?: "deliver" | null;
            event?: null;
            /** @description Each should be a NewEvent. One that is not is refused in its place. */
            events: unknown[];
            /** @default true */
            wait?: boolean | null;
        } | {
            /** @enum {unknown} */
            action: "retry" | "wake";
            event?: null;
            events?: null;
            wait?: null;
        };
        Delivery: {
            attempts: number;
            created_at: components["schemas"]["Time"];
            delivered_at: components["schemas"]["NullableTime"];
            event_id: string;
            event_type: string;
            id: components["schemas"]["Id"];
            /** @description Whether it waits for an earlier delivery of an ordered endpoint. */
            is_waiting: boolean;
            last_error: string | null;
            max_attempts: number;
            next_retry_at: components["schemas"]["NullableTime"];
            /** @description When later ones stopped waiting for it. */
            passed_over_at: components["schemas"]["NullableTime"];
            /** @description Of the newest attempt. */
            response_status: number | null;
            response_time_ms: number | null;
            status: components["schemas"]["DeliveryStatus"];
        };
        DeliveryPage: {
            data: components["schemas"]["Delivery"][];
            /** @description The `cursor` of the next page, null on the last one. */
            next_cursor: components["schemas"]["Cursor"] | null;
        };
        /**
         * @description `pending`: never attempted. `retrying`: attempted in vain, to be attempted again. `success`: answered with a 2xx.
         *     `failed`: given up.
         * @enum {string}
         */
        DeliveryStatus: "pending" | "retrying" | "success" | "failed";
        DeliveryWithAttempts: {
            attempt_log: components["schemas"]["Attempt"][];
            attempts: number;
            created_at: components["schemas"]["Time"];
            delivered_at: components["schemas"]["NullableTime"];
            event_id: string;
            event_type: string;
            id: components["schemas"]["Id"];
            /** @description Whether it waits for an earlier delivery of an ordered endpoint. */
            is_waiting: boolean;
            last_error: string | null;
            max_attempts: number;
            next_retry_at: components["schemas"]["NullableTime"];
            /** @description When later ones stopped waiting for it. */
            passed_over_at: components["schemas"]["NullableTime"];
            /** @description What was sent. Null where retention has deleted it. */
            payload: {
                [key: string]: unknown;
            } | null;
            /** @description The start of the newest answer. */
            response_body: string | null;
            /** @description Of the newest attempt. */
            response_status: number | null;
            response_time_ms: number | null;
            status: components["schemas"]["DeliveryStatus"];
        };
        Description: string | null;
        Endpoint: {
            created_at: components["schemas"]["Time"];
            description: string | null;
            disabled_at: components["schemas"]["NullableTime"];
            /** @description Why the system switched it off, if it did. */
            disabled_reason: string | null;
            events: string[];
            filter: string | null;
            /** @description The names of the headers that are sent along. */
            headers: string[];
            health: components["schemas"]["Health"];
            id: components["schemas"]["Id"];
            is_active: boolean;
            max_attempts: number | null;
            metadata: {
                [key: string]: string;
            };
            ordering: components["schemas"]["Ordering"];
            rate_limit_per_minute: number | null;
            retry_schedule: number[] | null;
            /** @description When the first of the earlier secrets stops signing. Null where none signs. */
            secret_expires_at: components["schemas"]["NullableTime"];
            signature_headers: {
                [key: string]: components["schemas"]["SignatureHeader"];
            } | null;
            updated_at: components["schemas"]["Time"];
            url: string;
        };
        EndpointChanges: {
            description?: components["schemas"]["Description"];
            events?: components["schemas"]["Events"];
            filter?: components["schemas"]["Filter"] | null;
            headers?: components["schemas"]["RequestHeaders"];
            is_active?: boolean;
            max_attempts?: components["schemas"]["MaxAttempts"];
            metadata?: components["schemas"]["Metadata"];
            ordering?: components["schemas"]["Ordering"];
            rate_limit_per_minute?: components["schemas"]["RateLimit"];
            retry_schedule?: components["schemas"]["RetrySchedule"];
            signature_headers?: components["schemas"]["SignatureHeaders"];
            url?: components["schemas"]["Url"];
        };
        EndpointStats: {
            attempts: number;
            buckets: {
                attempts: number;
                failed: number;
                start: components["schemas"]["Time"];
            }[];
            endpoint_id: components["schemas"]["Id"];
            /** @description Null without attempts. */
            success_rate: number | null;
        };
        EndpointWithDeliveries: {
            created_at: components["schemas"]["Time"];
            description: string | null;
            disabled_at: components["schemas"]["NullableTime"];
            /** @description Why the system switched it off, if it did. */
            disabled_reason: string | null;
            events: string[];
            filter: string | null;
            /** @description The names of the headers that are sent along. */
            headers: string[];
            health: components["schemas"]["Health"];
            id: components["schemas"]["Id"];
            is_active: boolean;
            max_attempts: number | null;
            metadata: {
                [key: string]: string;
            };
            ordering: components["schemas"]["Ordering"];
            rate_limit_per_minute: number | null;
            recent_deliveries: components["schemas"]["RecentDelivery"][];
            retry_schedule: number[] | null;
            /** @description When the first of the earlier secrets stops signing. Null where none signs. */
            secret_expires_at: components["schemas"]["NullableTime"];
            signature_headers: {
                [key: string]: components["schemas"]["SignatureHeader"];
            } | null;
            updated_at: components["schemas"]["Time"];
            url: string;
        };
        EndpointWithSecret: {
            created_at: components["schemas"]["Time"];
            description: string | null;
            disabled_at: components["schemas"]["NullableTime"];
            /** @description Why the system switched it off, if it did. */
            disabled_reason: string | null;
            events: string[];
            filter: string | null;
            /** @description The names of the headers that are sent along. */
            headers: string[];
            health: components["schemas"]["Health"];
            id: components["schemas"]["Id"];
            is_active: boolean;
            max_attempts: number | null;
            metadata: {
                [key: string]: string;
            };
            ordering: components["schemas"]["Ordering"];
            rate_limit_per_minute: number | null;
            retry_schedule: number[] | null;
            /** @description What signs deliveries, `whsec_` and 64 hex digits unless it was given. It is not shown again. */
            secret: string;
            /** @description When the first of the earlier secrets stops signing. Null where none signs. */
            secret_expires_at: components["schemas"]["NullableTime"];
            signature_headers: {
                [key: string]: components["schemas"]["SignatureHeader"];
            } | null;
            updated_at: components["schemas"]["Time"];
            url: string;
        };
        EndpointWithStats: {
            created_at: components["schemas"]["Time"];
            description: string | null;
            disabled_at: components["schemas"]["NullableTime"];
            /** @description Why the system switched it off, if it did. */
            disabled_reason: string | null;
            events: string[];
            filter: string | null;
            /** @description The names of the headers that are sent along. */
            headers: string[];
            health: components["schemas"]["Health"];
            id: components["schemas"]["Id"];
            is_active: boolean;
            max_attempts: number | null;
            metadata: {
                [key: string]: string;
            };
            ordering: components["schemas"]["Ordering"];
            rate_limit_per_minute: number | null;
            retry_schedule: number[] | null;
            /** @description When the first of the earlier secrets stops signing. Null where none signs. */
            secret_expires_at: components["schemas"]["NullableTime"];
            signature_headers: {
                [key: string]: components["schemas"]["SignatureHeader"];
            } | null;
            stats: {
                failed_deliveries: number;
                total_deliveries: number;
            };
            updated_at: components["schemas"]["Time"];
            url: string;
        };
        Erased: {
            erased: number;
            matched: number;
            next_cursor: string | null;
        };
        Erasure: {
            /** @description An object that `data` contains, and that is not empty. */
            contains?: (components["schemas"]["EventData"] & Record<string, never>) | null;
            cursor?: components["schemas"]["EventCursor"] | null;
            /** @default false */
            dry_run?: boolean | null;
            event_ids?: string[] | null;
        } & ({
            contains?: null;
            event_ids: unknown[];
        } | {
            contains: Record<string, never>;
            event_ids?: null;
        });
        Event: {
            /** @enum {unknown} */
            audience: "owner" | "everyone";
            created_at: components["schemas"]["Time"];
            deliver_at: components["schemas"]["NullableTime"];
            /** @description How many of your endpoints' deliveries have which status. */
            deliveries: {
                failed: number;
                pending: number;
                retrying: number;
                success: number;
            };
            /** @description When what it said was erased. */
            erased_at: components["schemas"]["NullableTime"];
            event_id: string;
            event_type: string;
            expires_at: components["schemas"]["NullableTime"];
        };
        /**
         * @description Where a page begins. Take it as it is.
         * @example 1795561841512444_1205
         */
        EventCursor: string;
        /**
         * @description An object of at most 256 KiB as Postgres writes it (numbers without an exponent: `1e300` has 301 digits) and at most 127
         *     levels. Numbers are within the range of a double and have at most 1,000 digits before and after the point; texts have
         *     no U+0000 and no lone surrogate.
         * @example {
         *       "vin": "1FTFW1E50PFA00001"
         *     }
         */
        EventData: {
            [key: string]: components["schemas"]["EventValue"];
        };
        EventPage: {
            data: components["schemas"]["Event"][];
            /** @description The `cursor` of the next page, null on the last one. */
            next_cursor: components["schemas"]["EventCursor"] | null;
        };
        EventResult: {
            delivered: number;
            /** @description Endpoints that had the event already. */
            duplicates: number;
            event_id: string;
            failed: number;
            /**
             * @description Present where more endpoints want it than were seen to.
             * @constant
             */
            more?: true;
            /** @description Stored and not sent yet. */
            pending: number;
            results: components["schemas"]["Outcome"][];
            retrying: number;
            /** @constant */
            success: true;
        };
        EventResults: {
            accepted: number;
            /** @description In the order of the call. */
            events: (components["schemas"]["SentEvent"] | components["schemas"]["RefusedEvent"])[];
            refused: number;
            /** @constant */
            success: true;
        };
        /** @description What is sent to the endpoint. */
        Events: components["schemas"]["Subscription"][];
        /**
         * @description A dotted name.
         * @example vehicle.created
         */
        EventType: string;
        EventTypeChanges: {
            description?: string | null;
            example?: components["schemas"]["EventData"] | null;
            is_archived?: boolean;
            /**
             * @description At most 64 KiB.
             * @example {
             *       "type": "object",
             *       "required": [
             *         "vin"
             *       ],
             *       "properties": {
             *         "vin": {
             *           "type": "string"
             *         }
             *       }
             *     }
             */
            schema?: components["schemas"]["EventData"] | null;
            /**
             * @description Without a schema only `none`.
             * @enum {unknown}
             */
            validation?: "none" | "warn" | "refuse" | null;
        };
        EventTypeEntry: {
            archived_at: components["schemas"]["NullableTime"];
            /** @description What of this change of the schema receivers may not expect. */
            breaking: string[];
            description: string | null;
            example: {
                [key: string]: unknown;
            } | null;
            /** @description Whether events are held to the schema. */
            is_enforced: boolean;
            name: string;
            /** @description What `data` is, as JSON Schema. */
            schema: {
                [key: string]: unknown;
            } | null;
            /** @enum {unknown} */
            validation: "none" | "warn" | "refuse";
            /** @description Events that did not fit and were taken. */
            warnings: number;
        };
        EventTypeInUse: {
            archived_at: components["schemas"]["NullableTime"];
            description: string | null;
            example: {
                [key: string]: unknown;
            } | null;
            /** @description Whether events are held to the schema. */
            is_enforced: boolean;
            is_in_catalogue: boolean;
            name: string;
            /** @description Of the newest 10,000 events, those of this type. */
            recent_events: number;
            /** @description What `data` is, as JSON Schema. */
            schema: {
                [key: string]: unknown;
            } | null;
            /** @description Endpoints that name this type or a group that it is in. */
            subscribers: number;
            /** @enum {unknown} */
            validation: "none" | "warn" | "refuse";
            /** @description Events that did not fit and were taken. */
            warnings: number;
        };
        EventValue: unknown;
        EventWithEndpoints: {
            /** @enum {unknown} */
            audience: "owner" | "everyone";
            created_at: components["schemas"]["Time"];
            deliver_at: components["schemas"]["NullableTime"];
            endpoints: {
                delivery: components["schemas"]["Delivery"] | null;
                endpoint_id: components["schemas"]["Id"];
                /** @enum {unknown} */
                reason: "pending" | "registered_later" | "not_subscribed" | "filtered" | "subscribed_later" | null;
                url: string;
            }[];
            /** @description When what it said was erased. */
            erased_at: components["schemas"]["NullableTime"];
            event_id: string;
            event_type: string;
            expires_at: components["schemas"]["NullableTime"];
            payload: {
                [key: string]: unknown;
            };
        };
        /**
         * @description An event type of the catalogue.
         * @enum {string|null}
         */
        ExampleType: ("vehicle.created" | "vehicle.updated" | "vehicle.deleted" | "observation.created" | "document.uploaded" | "import.completed" | "endpoint.failing" | "endpoint.recovered" | "endpoint.disabled" | null) | (string & {});
        /** @description How many attempts failed, by cause. `not_sent` are those whose URL or headers are not allowed. */
        FailuresByCause: {
            client_error?: number;
            connection?: number;
            not_sent?: number;
            redirect?: number;
            server_error?: number;
            timeout?: number;
        };
        /**
         * @description What events must be besides of a type in `events`: a predicate of
         *     [SQL/JSON path](https://www.postgresql.org/docs/current/functions-json.html#FUNCTIONS-SQLJSON-PATH) about what is sent,
         *     in strict mode. `$region` stands for `region` in `metadata`. At most one of `[*]`, `.*`, `.**`, `[a, b]`, `[a to b]`
         *     and `.keyvalue()`, and no `like_regex`. An event that has not what the filter asks about is not sent. The pattern is of
         *     simple filters; others are taken, too.
         * @example $.data.price > 40000 && $.type == "vehicle.created"
         */
        Filter: string;
        FilterTest: {
            events: {
                /** @description What the filter joins by `&&`, as Postgres writes it. */
                conditions: {
                    condition: string;
                    matches: components["schemas"]["Matches"];
                }[];
                created_at?: components["schemas"]["Time"];
                event_id?: string;
                event_type?: string;
                matches: components["schemas"]["Matches"];
            }[];
            matched: number;
            tested: number;
        };
        Found: {
            /** @description The delivery, or those of the event. */
            deliveries: {
                attempts: number;
                created_at: components["schemas"]["Time"];
                endpoint_id: components["schemas"]["Id"];
                event_id: string;
                event_type: string;
                id: components["schemas"]["Id"];
                last_error: string | null;
                max_attempts: number;
                next_retry_at: components["schemas"]["NullableTime"];
                owner: components["schemas"]["NullableId"];
                response_status: number | null;
                status: components["schemas"]["DeliveryStatus"];
            }[];
            /** @description The endpoint, those of the owner, or those whose URL has the text. */
            endpoints: {
                consecutive_failures: number;
                created_at: components["schemas"]["Time"];
                disabled_reason: string | null;
                id: components["schemas"]["Id"];
                is_active: boolean;
                owner: components["schemas"]["NullableId"];
                url: string;
            }[];
            events: {
                created_at: components["schemas"]["Time"];
                erased_at: components["schemas"]["NullableTime"];
                event_id: string;
                event_type: string;
                owner: components["schemas"]["NullableId"];
            }[];
            owners: {
                active_endpoints: number;
                endpoints: number;
                owner: components["schemas"]["Id"];
            }[];
        };
        Health: {
            consecutive_failures: number;
            /** @description When the first of these attempts was. */
            failing_since: components["schemas"]["NullableTime"];
            /** @description While it backs off. */
            next_attempt_at: components["schemas"]["NullableTime"];
            /**
             * @description `ok`. `failing`: more than half of the attempts of an hour failed. `backing_off`: ten attempts in a row failed, and there
             *     is one a minute until one succeeds.
             * @enum {unknown}
             */
            state: "ok" | "failing" | "backing_off";
        };
        /**
         * Format: uuid
         * @example 2ec36fac-f082-4d21-aa90-01939b963b47
         */
        Id: string;
        LoggedEvent: {
            /** @enum {unknown} */
            audience: "owner" | "everyone";
            created_at: components["schemas"]["Time"];
            deliver_at: components["schemas"]["NullableTime"];
            /** @description When what it said was erased. */
            erased_at: components["schemas"]["NullableTime"];
            event_id: string;
            event_type: string;
            expires_at: components["schemas"]["NullableTime"];
        };
        /** @description Null where the event has not what is asked about, or what cannot be compared. */
        Matches: boolean | null;
        /** @description Attempts for an event that says nothing itself. Null stands for 5. */
        MaxAttempts: number | null;
        Message: {
            message: string;
        };
        /**
         * @description What you want to find the endpoint by. It is not sent.
         * @example {
         *       "team": "fleet"
         *     }
         */
        Metadata: {
            [key: string]: string;
        };
        NewApiKey: {
            /**
             * Format: date-time
             * @description In the future. Null or absent is never.
             */
            expires_at?: string | null;
            name: string;
            /**
             * @default [
             *       "read",
             *       "write"
             *     ]
             */
            scopes?: components["schemas"]["Scope"][] | null;
        };
        NewConsoleLink: {
            /**
             * @description Seconds in which the link can be opened. Once it is opened, the session lasts as long again.
             * @default 3600
             */
            expires_in?: number | null;
            /** @description Who it is for. The audit log has this name. */
            operator: string;
            /**
             * @default [
             *       "read",
             *       "write"
             *     ]
             */
            scopes?: components["schemas"]["Scopes"] | null;
        };
        NewEndpoint: {
            description?: components["schemas"]["Description"];
            /**
             * @default [
             *       "*"
             *     ]
             */
            events?: components["schemas"]["Events"] | null;
            filter?: components["schemas"]["Filter"] | null;
            headers?: components["schemas"]["RequestHeaders"] | null;
            /** @default true */
            is_active?: boolean | null;
            max_attempts?: components["schemas"]["MaxAttempts"];
            metadata?: components["schemas"]["Metadata"] | null;
            /** @default none */
            ordering?: components["schemas"]["Ordering"] | null;
            rate_limit_per_minute?: components["schemas"]["RateLimit"];
            retry_schedule?: components["schemas"]["RetrySchedule"];
            /**
             * @description A secret that receivers have already, from another system. Made up where it is absent, which is better: 32 random
             *     bytes. Standard Webhooks libraries want `whsec_` and base64.
             */
            secret?: string | null;
            signature_headers?: components["schemas"]["SignatureHeaders"];
            url: components["schemas"]["Url"];
        };
        NewEvent: {
            data: components["schemas"]["EventData"];
            /**
             * Format: date-time
             * @description When it is to be sent, if not at once. It goes to the endpoints that there are now.
             */
            deliver_at?: string | null;
            /** @description `webhook-id` of the deliveries. Made up where it is absent. */
            event_id?: string | null;
            event_type: components["schemas"]["EventType"];
            /**
             * Format: date-time
             * @description From when on no attempt begins. What is not delivered then ends as `failed`, "The event expired".
             */
            expires_at?: string | null;
            /** @description Attempts of each delivery, whatever the endpoint says. */
            max_attempts?: number | null;
            /**
             * Format: uuid
             * @description Only this owner's endpoints get it. Left out, those of every owner do; null is refused.
             */
            user_id?: string;
        };
        NewFilterTest: {
            /**
             * @description What a receiver would get, or a part of it.
             * @example {
             *       "type": "vehicle.updated",
             *       "data": {
             *         "mileage": 48210
             *       }
             *     }
             */
            event?: components["schemas"]["EventData"] | null;
            filter: components["schemas"]["Filter"];
            /** @description How many events. Not with `event`. */
            last?: number | null;
        };
        NewPortalLink: {
            /**
             * Format: uuid
             * @description The endpoint that the page begins with. It is no restriction.
             */
            endpoint_id?: string | null;
            /**
             * @description Seconds in which the link can be opened. Once it is opened, the session lasts as long again.
             * @default 3600
             */
            expires_in?: number | null;
            owner: components["schemas"]["Id"];
            /**
             * @default [
             *       "read",
             *       "write"
             *     ]
             */
            scopes?: components["schemas"]["Scopes"] | null;
        };
        NewReplay: {
            /** @default false */
            dry_run?: boolean | null;
            /**
             * @description Of the types that the endpoint is subscribed to, only these.
             * @example [
             *       "vehicle.*"
             *     ]
             */
            event_types?: string[] | null;
            filter?: components["schemas"]["Filter"] | null;
            /** @default false */
            new_ids?: boolean | null;
            /** @default missing */
            only?: components["schemas"]["ReplayOnly"] | null;
            /**
             * Format: date-time
             * @description Included.
             */
            since: string;
            /**
             * Format: date-time
             * @description Not included. Now, by default and at most.
             */
            until?: string | null;
        };
        /** Format: uuid */
        NullableId: string | null;
        /**
         * Format: date-time
         * @example 2026-11-24T23:10:41.246858Z
         */
        NullableTime: string | null;
        OperatorCancelled: {
            cancelled: number;
            matched: number;
            more: boolean;
            /**
             * Format: uuid
             * @description Where the next call begins. Null where nothing is left.
             */
            next_cursor: string | null;
        };
        OperatorDeliveries: {
            /**
             * @description Of all owners, where neither `owner` nor `endpoint_id` is given.
             * @default false
             */
            all?: boolean | null;
            /**
             * Format: uuid
             * @description `next_cursor` of the call before.
             */
            cursor?: string | null;
            /** @default false */
            dry_run?: boolean | null;
            /** Format: uuid */
            endpoint_id?: string | null;
            event_type?: components["schemas"]["EventType"] | null;
            owner?: components["schemas"]["NullableId"];
            /**
             * Format: date-time
             * @description Only deliveries that were created at this time or later.
             */
            since?: string | null;
            /**
             * Format: date-time
             * @description Only deliveries that were created before this time.
             */
            until?: string | null;
        } | {
            owner: string;
        } | {
            endpoint_id: string;
        } | {
            /** @constant */
            all: true;
        };
        /** @description Of an owner, or by their ids. */
        OperatorEndpoints: {
            /** @default false */
            dry_run?: boolean | null;
            endpoint_ids?: string[] | null;
            owner?: components["schemas"]["NullableId"];
        } | {
            owner: string;
        } | {
            endpoint_ids: unknown[];
        };
        OperatorErasure: {
            /** @description An object that `data` contains, and that is not empty. */
            contains?: (components["schemas"]["EventData"] & Record<string, never>) | null;
            cursor?: components["schemas"]["EventCursor"] | null;
            /** @default false */
            dry_run?: boolean | null;
            event_ids?: string[] | null;
            /** Format: uuid */
            user_id?: string | null;
        } & ({
            contains?: null;
            event_ids: unknown[];
        } | {
            contains: Record<string, never>;
            event_ids?: null;
        });
        OperatorResent: {
            matched: number;
            more: boolean;
            /**
             * Format: uuid
             * @description Where the next call begins. Null where nothing is left.
             */
            next_cursor: string | null;
            resent: number;
        };
        /**
         * @description What is sent one after the other: nothing (`none`), all of the endpoint's events (`endpoint`), or those in which the field
         *     that `key` names has the same value. The next leaves when the one before has succeeded or ended, or, after a day
         *     (`ORDER_MAX_AGE_HOURS`), is passed over. The order is that in which events were taken; those without the field have
         *     none. It counts for events from now on.
         * @example {
         *       "key": "$.data.id"
         *     }
         */
        Ordering: ("none" | "endpoint") | {
            key: string;
        };
        /** @description What became of a delivery in this call. */
        Outcome: {
            delivery_id: components["schemas"]["Id"];
            endpoint_id: components["schemas"]["Id"];
            error?: string;
            response_status?: number;
            response_time_ms?: number;
            status: components["schemas"]["DeliveryStatus"];
        };
        Overview: {
            at: components["schemas"]["Time"];
            /** @description Within five to ten minutes. */
            attempts_per_minute: number;
            /** @description Deliveries that have not ended. */
            backlog: number;
            endpoints: {
                active: number;
                /** @description Active ones whose last attempt failed. */
                failing: number;
                inactive: number;
            };
            /** @description The last tick of the cron that ended. Null where none ever has. */
            last_tick: {
                duration_ms: number;
                finished_at: components["schemas"]["Time"];
            } | null;
            oldest_due_at: components["schemas"]["NullableTime"];
            /** @description Events whose fan-out is not finished. */
            outbox: number;
            /** @description Empty where all is well. */
            problems: {
                /** @enum {unknown} */
                code: "cron_stopped" | "deliveries_wait" | "most_attempts_fail" | "events_set_aside" | "events_refused" | "alert_url_fails";
                /** @description A sentence. */
                message: string;
            }[];
            response_time_ms: components["schemas"]["ResponseTimes"];
            /** @description Those of them whose fan-out failed three times. */
            set_aside: number;
            /** @description Of the hour. Null without attempts. */
            success_rate: number | null;
            /** @description With most failures within the hour, at most ten. Of many that fail, the newest 20,000 counts are looked at. */
            worst_endpoints: {
                attempts: number;
                consecutive_failures: number;
                disabled_reason: string | null;
                failed: number;
                id: components["schemas"]["Id"];
                is_active: boolean;
                owner: components["schemas"]["NullableId"];
                url: string;
            }[];
            /** @description With most failures within the hour, at most ten. */
            worst_owners: {
                failed: number;
                failing_endpoints: number;
                owner: components["schemas"]["NullableId"];
            }[];
        };
        PortalLink: {
            created_at: components["schemas"]["Time"];
            /** Format: uuid */
            endpoint_id: string | null;
            /** @description When the link ends, or, once it was opened, the session. */
            expires_at: components["schemas"]["Time"];
            id: components["schemas"]["Id"];
            opened_at: components["schemas"]["NullableTime"];
            /** @description Who of the operator's people looks by it. Null: it is for the owner. */
            operator: string | null;
            owner: components["schemas"]["Id"];
            scopes: components["schemas"]["Scopes"];
        };
        PortalLinkWithUrl: {
            created_at: components["schemas"]["Time"];
            /** Format: uuid */
            endpoint_id: string | null;
            /** @description When the link ends, or, once it was opened, the session. */
            expires_at: components["schemas"]["Time"];
            id: components["schemas"]["Id"];
            opened_at: components["schemas"]["NullableTime"];
            /** @description Who of the operator's people looks by it. Null: it is for the owner. */
            operator: string | null;
            owner: components["schemas"]["Id"];
            scopes: components["schemas"]["Scopes"];
            /**
             * @description The link, with a token that opens the page once. It is in this answer and nowhere else. `PORTAL_URL` of deliver is its
             *     beginning.
             */
            url: string;
        };
        PortalSession: {
            /** Format: uuid */
            endpoint_id: string | null;
            expires_at: components["schemas"]["Time"];
            /** @description Who looks, where it is the operator instead of the owner. */
            operator: string | null;
            owner: components["schemas"]["Id"];
            scopes: components["schemas"]["Scopes"];
            /** @description What the page calls manage with, as an API key. */
            session: string;
        };
        PortalSessionCall: {
            /** @description The token of a link. Without it the session of the cookie `webhooks_portal` is answered. */
            token?: string | null;
        };
        /** @description Deliveries in a minute of the clock. The others wait, oldest first, and spend no attempt. Null is no limit. */
        RateLimit: number | null;
        RecentDelivery: {
            attempts: number;
            created_at: components["schemas"]["Time"];
            delivered_at: components["schemas"]["NullableTime"];
            event_id: string;
            event_type: string;
            id: components["schemas"]["Id"];
            last_error: string | null;
            /** @description Of the newest attempt. */
            response_status: number | null;
            response_time_ms: number | null;
            status: components["schemas"]["DeliveryStatus"];
        };
        Recovery: {
            /** @description Whether there are others. */
            more: boolean;
            recovered: number;
        };
        RecoveryWindow: {
            /**
             * Format: date-time
             * @description Included. At most 14 days before `until`.
             */
            since: string;
            /**
             * Format: date-time
             * @description Not included. Now, by default.
             */
            until?: string | null;
        };
        /** @description An event of a list that was not taken. */
        RefusedEvent: {
            /** @enum {unknown} */
            code: "invalid_body" | "invalid_field" | "payload_too_large" | "schema_violation";
            error: string;
            field?: string;
            max_bytes?: number;
            problems?: string[];
        };
        Replay: {
            created_at: components["schemas"]["NullableTime"];
            endpoint_id: components["schemas"]["Id"];
            /** @description Events that are left out because they were erased. */
            erased: number;
            event_types: string[] | null;
            filter: string | null;
            finished_at: components["schemas"]["NullableTime"];
            /**
             * Format: uuid
             * @description Null for a dry run.
             */
            id: string | null;
            last_error: string | null;
            log_begins_at: components["schemas"]["NullableTime"];
            /** @description Events. */
            looked_at: number;
            new_ids: boolean;
            only: components["schemas"]["ReplayOnly"];
            /** @description Deliveries that are due, or were. */
            replayed: number;
            since: components["schemas"]["Time"];
            /** @enum {unknown} */
            status: "running" | "done" | "cancelled" | "failed";
            until: components["schemas"]["Time"];
        };
        /**
         * @description `missing`: events without a delivery to the endpoint. `failed`: events whose delivery failed. `all`: both, and delivered
         *     events.
         * @enum {string}
         */
        ReplayOnly: "missing" | "failed" | "all";
        /**
         * @description Headers to send along. Their values are never shown again. Refused are those of HTTP itself, of the signatures, of proxies
         *     and of what servers believe about the client or the method (`X-Forwarded-For`, `True-Client-IP`,
         *     `X-HTTP-Method-Override` and the like: `x-reserved` lists the beginnings of names, and with `$` whole names), in
         *     any case of letters and with `_` for `-`. No two names may be the same in that sense.
         * @example {
         *       "Authorization": "Bearer abc"
         *     }
         */
        RequestHeaders: {
            [key: string]: string;
        };
        Resent: {
            matched: number;
            more: boolean;
            resent: number;
        };
        /** @description Percentiles, within a tenth. Null without attempts. */
        ResponseTimes: {
            p50: number | null;
            p95: number | null;
            p99: number | null;
        };
        RetryResult: {
            failed: number;
            processed: number;
            results: components["schemas"]["Outcome"][];
            retrying: number;
            succeeded: number;
        };
        /**
         * @description Seconds to wait after each failed attempt, the last step for all that follow, up to `max_attempts`. From the second
         *     step on each wait is up to a tenth longer or shorter. Null: 60, 300, 1800, 7200, 28800.
         * @example [
         *       10,
         *       60,
         *       600,
         *       3600
         *     ]
         */
        RetrySchedule: number[] | null;
        Rotation: {
            /**
             * @description How long the secret before goes on signing.
             * @default 24
             */
            expires_in_hours?: number | null;
        };
        /**
         * @description `read` looks, `write` changes.
         * @enum {string}
         */
        Scope: "read" | "write";
        Scopes: components["schemas"]["Scope"][];
        SentEvent: {
            delivered: number;
            /** @description Endpoints that had the event already. */
            duplicates: number;
            event_id: string;
            failed: number;
            /**
             * @description Present where more endpoints want it than were seen to.
             * @constant
             */
            more?: true;
            /** @description Stored and not sent yet. */
            pending: number;
            results: components["schemas"]["Outcome"][];
            retrying: number;
        };
        /** @enum {string} */
        SignatureHeader: "id" | "timestamp" | "standard" | "stripe" | "convoy" | "hex";
        /**
         * @description Names of headers and what each carries, in place of `webhook-id`, `webhook-timestamp`, `webhook-signature`,
         *     `Stripe-Signature`, `Nuke-Signature` and `Nuke-Timestamp`: `id` and `timestamp`, and at least one signature. `standard` is
         *     that of Standard Webhooks and Svix, `stripe` Stripe's, `convoy` Convoy's advanced one (of
         *     `<timestamp>,<body>`), `hex` the body's HMAC-SHA256 by the newest secret in hex, as Convoy's simple one. Reserved
         *     names are those of `headers`, but for `webhook-`, `nuke-`, `svix-` and `Stripe-Signature`. Null: the default ones.
         * @example {
         *       "svix-id": "id",
         *       "svix-timestamp": "timestamp",
         *       "svix-signature": "standard"
         *     }
         */
        SignatureHeaders: {
            [key: string]: components["schemas"]["SignatureHeader"];
        } | null;
        Stats: {
            attempts: number;
            /** @description Deliveries that have not ended. */
            backlog: number;
            buckets: {
                attempts: number;
                failed: number;
                failures_by_cause: components["schemas"]["FailuresByCause"];
                response_time_ms: components["schemas"]["ResponseTimes"];
                start: components["schemas"]["Time"];
            }[];
            failures_by_cause: components["schemas"]["FailuresByCause"];
            oldest_due_at: components["schemas"]["NullableTime"];
            response_time_ms: components["schemas"]["ResponseTimes"];
            /** @description Null without attempts. */
            success_rate: number | null;
            window: components["schemas"]["Window"];
        };
        Storage: {
            /** @description Whose deliveries are being purged. */
            deleted_endpoints: number;
            oldest_event_at: components["schemas"]["NullableTime"];
            retention_days: number;
            /** @description For how long the oldest event should be gone. Where it grows, retention does not keep up. */
            retention_lag_seconds: number;
            tables: {
                /** @description With indexes. */
                bytes: number;
                name: string;
                /** @description As the last ANALYZE or VACUUM had it. */
                rows: number;
            }[];
        };
        StoredEvent: {
            event_id: string;
            /** @constant */
            success: true;
        };
        StoredEvents: {
            accepted: number;
            events: ({
                event_id: string;
            } | components["schemas"]["RefusedEvent"])[];
            refused: number;
            /** @constant */
            success: true;
        };
        /**
         * @description An event type, `*`, or a group such as `vehicle.*`. Listed is the catalogue of this release; `GET /event-types` has
         *     that of the deployment, which operators add to.
         * @enum {string}
         */
        Subscription: ("*" | "vehicle.created" | "vehicle.updated" | "vehicle.deleted" | "vehicle.*" | "observation.created" | "observation.*" | "document.uploaded" | "document.*" | "import.completed" | "import.*" | "endpoint.failing" | "endpoint.recovered" | "endpoint.disabled" | "endpoint.*") | (string & {});
        Switched: {
            /** @description Those whose state changed. */
            changed: number;
            matched: number;
        };
        Test: {
            /** @description What to send in place of the catalogue's example. */
            data?: components["schemas"]["EventData"] | null;
            event_type?: components["schemas"]["ExampleType"];
        };
        /**
         * Format: date-time
         * @example 2026-11-24T23:10:41.246858Z
         */
        Time: string;
        /**
         * @description https, with a public host, without user name and password. Refused are private, loopback, link-local, shared,
         *     reserved and documentation addresses in any spelling, `.local`, `.internal`, `.localhost`, `.home.arpa`,
         *     `.onion`, and names of one label. Checked again before every attempt. A public IP address is taken, too, and
         *     a top-level name in punycode; the pattern leaves them out because it cannot tell which are right.
         * @example https://example.com/hook
         */
        Url: string;
        /** @description What receivers get. The same bytes on every attempt. */
        Webhook: {
            /** @description Seconds since 1970. */
            created: number;
            data: components["schemas"]["EventData"];
            /** @description The event's id. */
            id: string;
            /** @constant */
            livemode: true;
            type: components["schemas"]["EventType"];
        };
        WhichDeliveries: {
            /** @default false */
            dry_run?: boolean | null;
            /** Format: uuid */
            endpoint_id?: string | null;
            event_type?: components["schemas"]["EventType"] | null;
            /**
             * Format: date-time
             * @description Only deliveries that were created at this time or later.
             */
            since?: string | null;
            /**
             * Format: date-time
             * @description Only deliveries that were created before this time.
             */
            until?: string | null;
        };
        WhichEndpoints: {
            /** @default false */
            dry_run?: boolean | null;
            endpoint_ids?: string[] | null;
            metadata?: components["schemas"]["Metadata"] | null;
        };
        /**
         * @default 24h
         * @enum {string}
         */
        Window: "1h" | "24h" | "7d" | "30d";
    };
    responses: {
        /** @description `body_too_large`: The body is larger than the worker reads. */
        "deliver.body_too_large": {
            headers: {
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "body_too_large";
                    /** @description A sentence for people. */
                    error: string;
                    max_bytes?: number;
                };
            };
        };
        /** @description `database_unavailable`: The database cannot be reached in time. Nothing is known to be lost; repeat the call. */
        "deliver.database_unavailable": {
            headers: {
                "Cache-Control": components["headers"]["Cache-Control"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "database_unavailable";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /** @description `insufficient_scope`: The API key or the session may only read. */
        "deliver.insufficient_scope": {
            headers: {
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "insufficient_scope";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /**
         * @description `invalid_body`: The body is not a JSON object, not UTF-8, or says nothing.
         *
         *     `invalid_field`: A field, parameter or header is missing or wrong. `field` is its name, dotted where it is nested.
         *
         *     `invalid_value`: The database cannot hold a value of the call. The sentence has the SQLSTATE.
         */
        "deliver.invalid_body-or-invalid_field-or-invalid_value": {
            headers: {
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "invalid_body" | "invalid_field" | "invalid_value";
                    /** @description A sentence for people. */
                    error: string;
                    field?: string;
                    /** @description The character of a filter where it cannot be read on, from 1. */
                    position?: number;
                };
            };
        };
        /**
         * @description `invalid_body`: The body is not a JSON object, not UTF-8, or says nothing.
         *
         *     `invalid_field`: A field, parameter or header is missing or wrong. `field` is its name, dotted where it is nested.
         *
         *     `schema_violation`: The event's data does not fit the schema of its type, which refuses such events. `problems` has up to three.
         *
         *     `invalid_value`: The database cannot hold a value of the call. The sentence has the SQLSTATE.
         */
        "deliver.invalid_body-or-invalid_field-or-schema_violation-or-invalid_value": {
            headers: {
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "invalid_body" | "invalid_field" | "schema_violation" | "invalid_value";
                    /** @description A sentence for people. */
                    error: string;
                    field?: string;
                    /** @description The character of a filter where it cannot be read on, from 1. */
                    position?: number;
                    problems?: string[];
                };
            };
        };
        /**
         * @description `invalid_field`: A field, parameter or header is missing or wrong. `field` is its name, dotted where it is nested.
         *
         *     `invalid_value`: The database cannot hold a value of the call. The sentence has the SQLSTATE.
         */
        "deliver.invalid_field-or-invalid_value": {
            headers: {
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "invalid_field" | "invalid_value";
                    /** @description A sentence for people. */
                    error: string;
                    field?: string;
                    /** @description The character of a filter where it cannot be read on, from 1. */
                    position?: number;
                };
            };
        };
        /** @description `invalid_value`: The database cannot hold a value of the call. The sentence has the SQLSTATE. */
        "deliver.invalid_value": {
            headers: {
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "invalid_value";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /** @description `method_not_allowed`: The path does not have this method. `Allow` lists those it has. */
        "deliver.method_not_allowed": {
            headers: {
                Allow: components["headers"]["Allow"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "method_not_allowed";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /**
         * @description `misconfigured`: A setting of the worker is missing or malformed.
         *
         *     `internal`: A fault of the worker. The log has its cause.
         */
        "deliver.misconfigured-or-internal": {
            headers: {
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "misconfigured" | "internal";
                    /** @description A sentence for people. */
                    error: string;
                    setting?: string;
                };
            };
        };
        /** @description `not_found`: It does not exist, or is not the caller's. */
        "deliver.not_found": {
            headers: {
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "not_found";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /**
         * @description `payload_too_large`: The event's payload, as Postgres writes it, would be larger than 256 KiB.
         *
         *     `body_too_large`: The body is larger than the worker reads.
         */
        "deliver.payload_too_large-or-body_too_large": {
            headers: {
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "payload_too_large" | "body_too_large";
                    /** @description A sentence for people. */
                    error: string;
                    max_bytes?: number;
                };
            };
        };
        /** @description `too_many_requests`: What is in front of the database asks to slow down. */
        "deliver.too_many_requests": {
            headers: {
                "Cache-Control": components["headers"]["Cache-Control"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "too_many_requests";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /** @description `unauthorized`: There is no credential, or it is not valid. The same whatever was wrong. */
        "deliver.unauthorized": {
            headers: {
                "Cache-Control": components["headers"]["Cache-Control"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "unauthorized";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /** @description `unsupported_media_type`: The body is declared as something that is not JSON, or has a `Content-Encoding`. */
        "deliver.unsupported_media_type": {
            headers: {
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "unsupported_media_type";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /** @description `body_too_large`: The body is larger than the worker reads. */
        "manage.body_too_large": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "body_too_large";
                    /** @description A sentence for people. */
                    error: string;
                    max_bytes?: number;
                };
            };
        };
        /** @description `database_unavailable`: The database cannot be reached in time. Nothing is known to be lost; repeat the call. */
        "manage.database_unavailable": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "database_unavailable";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /** @description `endpoint_disabled`: The endpoint is switched off. Switch it on first. */
        "manage.endpoint_disabled": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "endpoint_disabled";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /**
         * @description `endpoint_disabled`: The endpoint is switched off. Switch it on first.
         *
         *     `event_erased`: What the event said was erased.
         */
        "manage.endpoint_disabled-or-event_erased": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "endpoint_disabled" | "event_erased";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /**
         * @description `endpoint_disabled`: The endpoint is switched off. Switch it on first.
         *
         *     `replay_running`: A replay or backfill to the endpoint is under way.
         */
        "manage.endpoint_disabled-or-replay_running": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "endpoint_disabled" | "replay_running";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /** @description `idempotency_key_reused`: The `Idempotency-Key` was sent with another call or another body within 24 hours. */
        "manage.idempotency_key_reused": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "idempotency_key_reused";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /**
         * @description `invalid_body`: The body is not a JSON object, not UTF-8, or says nothing.
         *
         *     `invalid_field`: A field, parameter or header is missing or wrong. `field` is its name, dotted where it is nested.
         *
         *     `invalid_value`: The database cannot hold a value of the call. The sentence has the SQLSTATE.
         */
        "manage.invalid_body-or-invalid_field-or-invalid_value": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "invalid_body" | "invalid_field" | "invalid_value";
                    /** @description A sentence for people. */
                    error: string;
                    field?: string;
                    /** @description The character of a filter where it cannot be read on, from 1. */
                    position?: number;
                };
            };
        };
        /**
         * @description `invalid_body`: The body is not a JSON object, not UTF-8, or says nothing.
         *
         *     `invalid_field`: A field, parameter or header is missing or wrong. `field` is its name, dotted where it is nested.
         *
         *     `invalid_value`: The database cannot hold a value of the call. The sentence has the SQLSTATE.
         *
         *     `owner_required`: You act for several owners, and the header `X-Webhook-Owner` names none. `owners` has up to 100 of them.
         */
        "manage.invalid_body-or-invalid_field-or-invalid_value-or-owner_required": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "invalid_body" | "invalid_field" | "invalid_value" | "owner_required";
                    /** @description A sentence for people. */
                    error: string;
                    field?: string;
                    owners?: string[];
                    /** @description The character of a filter where it cannot be read on, from 1. */
                    position?: number;
                };
            };
        };
        /**
         * @description `invalid_body`: The body is not a JSON object, not UTF-8, or says nothing.
         *
         *     `invalid_field`: A field, parameter or header is missing or wrong. `field` is its name, dotted where it is nested.
         *
         *     `too_many_api_keys`: The user has as many API keys as allowed.
         *
         *     `invalid_value`: The database cannot hold a value of the call. The sentence has the SQLSTATE.
         *
         *     `owner_required`: You act for several owners, and the header `X-Webhook-Owner` names none. `owners` has up to 100 of them.
         */
        "manage.invalid_body-or-invalid_field-or-too_many_api_keys-or-invalid_value-or-owner_required": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "invalid_body" | "invalid_field" | "too_many_api_keys" | "invalid_value" | "owner_required";
                    /** @description A sentence for people. */
                    error: string;
                    field?: string;
                    max_api_keys?: number;
                    owners?: string[];
                    /** @description The character of a filter where it cannot be read on, from 1. */
                    position?: number;
                };
            };
        };
        /**
         * @description `invalid_body`: The body is not a JSON object, not UTF-8, or says nothing.
         *
         *     `invalid_field`: A field, parameter or header is missing or wrong. `field` is its name, dotted where it is nested.
         *
         *     `unknown_event_type`: No type of the catalogue has this name. `valid_events` lists those there are.
         *
         *     `invalid_value`: The database cannot hold a value of the call. The sentence has the SQLSTATE.
         *
         *     `owner_required`: You act for several owners, and the header `X-Webhook-Owner` names none. `owners` has up to 100 of them.
         */
        "manage.invalid_body-or-invalid_field-or-unknown_event_type-or-invalid_value-or-owner_required": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "invalid_body" | "invalid_field" | "unknown_event_type" | "invalid_value" | "owner_required";
                    /** @description A sentence for people. */
                    error: string;
                    field?: string;
                    owners?: string[];
                    /** @description The character of a filter where it cannot be read on, from 1. */
                    position?: number;
                    valid_events?: string[];
                };
            };
        };
        /**
         * @description `invalid_body`: The body is not a JSON object, not UTF-8, or says nothing.
         *
         *     `invalid_field`: A field, parameter or header is missing or wrong. `field` is its name, dotted where it is nested.
         *
         *     `unknown_event_type`: No type of the catalogue has this name. `valid_events` lists those there are.
         *
         *     `schema_violation`: The event's data does not fit the schema of its type, which refuses such events. `problems` has up to three.
         *
         *     `invalid_value`: The database cannot hold a value of the call. The sentence has the SQLSTATE.
         *
         *     `owner_required`: You act for several owners, and the header `X-Webhook-Owner` names none. `owners` has up to 100 of them.
         */
        "manage.invalid_body-or-invalid_field-or-unknown_event_type-or-schema_violation-or-invalid_value-or-owner_required": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "invalid_body" | "invalid_field" | "unknown_event_type" | "schema_violation" | "invalid_value" | "owner_required";
                    /** @description A sentence for people. */
                    error: string;
                    field?: string;
                    owners?: string[];
                    /** @description The character of a filter where it cannot be read on, from 1. */
                    position?: number;
                    problems?: string[];
                    valid_events?: string[];
                };
            };
        };
        /**
         * @description `invalid_body`: The body is not a JSON object, not UTF-8, or says nothing.
         *
         *     `invalid_field`: A field, parameter or header is missing or wrong. `field` is its name, dotted where it is nested.
         *
         *     `unknown_event_type`: No type of the catalogue has this name. `valid_events` lists those there are.
         *
         *     `too_many_endpoints`: The owner has as many endpoints as allowed.
         *
         *     `invalid_value`: The database cannot hold a value of the call. The sentence has the SQLSTATE.
         *
         *     `owner_required`: You act for several owners, and the header `X-Webhook-Owner` names none. `owners` has up to 100 of them.
         */
        "manage.invalid_body-or-invalid_field-or-unknown_event_type-or-too_many_endpoints-or-invalid_value-or-owner_required": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "invalid_body" | "invalid_field" | "unknown_event_type" | "too_many_endpoints" | "invalid_value" | "owner_required";
                    /** @description A sentence for people. */
                    error: string;
                    field?: string;
                    max_endpoints?: number;
                    owners?: string[];
                    /** @description The character of a filter where it cannot be read on, from 1. */
                    position?: number;
                    valid_events?: string[];
                };
            };
        };
        /**
         * @description `invalid_field`: A field, parameter or header is missing or wrong. `field` is its name, dotted where it is nested.
         *
         *     `invalid_value`: The database cannot hold a value of the call. The sentence has the SQLSTATE.
         *
         *     `owner_required`: You act for several owners, and the header `X-Webhook-Owner` names none. `owners` has up to 100 of them.
         */
        "manage.invalid_field-or-invalid_value-or-owner_required": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "invalid_field" | "invalid_value" | "owner_required";
                    /** @description A sentence for people. */
                    error: string;
                    field?: string;
                    owners?: string[];
                    /** @description The character of a filter where it cannot be read on, from 1. */
                    position?: number;
                };
            };
        };
        /** @description `invalid_value`: The database cannot hold a value of the call. The sentence has the SQLSTATE. */
        "manage.invalid_value": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "invalid_value";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /**
         * @description `invalid_value`: The database cannot hold a value of the call. The sentence has the SQLSTATE.
         *
         *     `owner_required`: You act for several owners, and the header `X-Webhook-Owner` names none. `owners` has up to 100 of them.
         *
         *     `invalid_field`: A field, parameter or header is missing or wrong. `field` is its name, dotted where it is nested.
         */
        "manage.invalid_value-or-owner_required-or-invalid_field": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "invalid_value" | "owner_required" | "invalid_field";
                    /** @description A sentence for people. */
                    error: string;
                    field?: string;
                    owners?: string[];
                    /** @description The character of a filter where it cannot be read on, from 1. */
                    position?: number;
                };
            };
        };
        /** @description `method_not_allowed`: The path does not have this method. `Allow` lists those it has. */
        "manage.method_not_allowed": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                Allow: components["headers"]["Allow"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "method_not_allowed";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /**
         * @description `misconfigured`: A setting of the worker is missing or malformed.
         *
         *     `internal`: A fault of the worker. The log has its cause.
         */
        "manage.misconfigured-or-internal": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "misconfigured" | "internal";
                    /** @description A sentence for people. */
                    error: string;
                    setting?: string;
                };
            };
        };
        /** @description `not_found`: It does not exist, or is not the caller's. */
        "manage.not_found": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "not_found";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /**
         * @description `payload_too_large`: The event's payload, as Postgres writes it, would be larger than 256 KiB.
         *
         *     `body_too_large`: The body is larger than the worker reads.
         */
        "manage.payload_too_large-or-body_too_large": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "payload_too_large" | "body_too_large";
                    /** @description A sentence for people. */
                    error: string;
                    max_bytes?: number;
                };
            };
        };
        /**
         * @description `token_required`: API keys are managed with a user's token, not with another key.
         *
         *     `insufficient_scope`: The API key or the session may only read.
         *
         *     `wrong_owner`: The header `X-Webhook-Owner` names an owner that you do not act for.
         *
         *     `no_owner`: The token is valid, and acts for no owner.
         */
        "manage.token_required-or-insufficient_scope-or-wrong_owner-or-no_owner": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "token_required" | "insufficient_scope" | "wrong_owner" | "no_owner";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /**
         * @description `token_required`: API keys are managed with a user's token, not with another key.
         *
         *     `wrong_owner`: The header `X-Webhook-Owner` names an owner that you do not act for.
         *
         *     `no_owner`: The token is valid, and acts for no owner.
         */
        "manage.token_required-or-wrong_owner-or-no_owner": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "token_required" | "wrong_owner" | "no_owner";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /** @description `too_many_requests`: What is in front of the database asks to slow down. */
        "manage.too_many_requests": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "too_many_requests";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /**
         * @description `too_many_secrets`: Ten earlier secrets still sign. Wait until one expires, or cut over with `expires_in_hours` 0.
         *
         *     `idempotency_key_reused`: The `Idempotency-Key` was sent with another call or another body within 24 hours.
         */
        "manage.too_many_secrets-or-idempotency_key_reused": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "too_many_secrets" | "idempotency_key_reused";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /** @description `unauthorized`: There is no credential, or it is not valid. The same whatever was wrong. */
        "manage.unauthorized": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "unauthorized";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /** @description `unsupported_media_type`: The body is declared as something that is not JSON, or has a `Content-Encoding`. */
        "manage.unsupported_media_type": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "unsupported_media_type";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /**
         * @description `wrong_owner`: The header `X-Webhook-Owner` names an owner that you do not act for.
         *
         *     `no_owner`: The token is valid, and acts for no owner.
         */
        "manage.wrong_owner-or-no_owner": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "wrong_owner" | "no_owner";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
        /**
         * @description `wrong_owner`: The header `X-Webhook-Owner` names an owner that you do not act for.
         *
         *     `no_owner`: The token is valid, and acts for no owner.
         *
         *     `insufficient_scope`: The API key or the session may only read.
         */
        "manage.wrong_owner-or-no_owner-or-insufficient_scope": {
            headers: {
                "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    code: "wrong_owner" | "no_owner" | "insufficient_scope";
                    /** @description A sentence for people. */
                    error: string;
                };
            };
        };
    };
    parameters: {
        /** @example 60507abf-2c53-4fc4-9a2b-9e7bf418a5f5 */
        api_key_id: string;
        /** @example 3f0c7d52-5d0f-4a3e-8f57-0b6f2f0b9a41 */
        console_link_id: string;
        /** @example 050bddf9-b0e3-417f-98b8-95fb52d28b99 */
        delivery_id: string;
        /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
        endpoint_id: string;
        /**
         * @description 1 to 255 visible ASCII characters of your choice that cannot be guessed, such as a UUID. Within 24 hours the same
         *     key with the same call and body gives the same answer, secret included, so that a lost answer is not lost. With
         *     another call or body it is answered 409. Keys are each caller's own.
         * @example 4f1c1f0a-6a55-4a52-8a0c-0f4c6c2a1f3e
         */
        idempotency_key: string;
        /**
         * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
         *     or absent.
         */
        owner: string;
        /** @example 7f4a1f0e-8f0c-4a53-a6c2-0a4d6a1f5f6e */
        portal_link_id: string;
        /** @example 9d0c1ab5-4f0c-4b0e-8d7c-6d5a2f6f2f10 */
        replay_id: string;
        /** @description How far back, in 12, 24, 28 or 30 buckets. */
        window: components["schemas"]["Window"];
    };
    requestBodies: never;
    headers: {
        "Access-Control-Allow-Headers": string;
        "Access-Control-Allow-Methods": string;
        "Access-Control-Allow-Origin": "*";
        "Access-Control-Expose-Headers": string;
        "Access-Control-Max-Age": string;
        /** @description The methods that the path has. */
        Allow: string;
        "Cache-Control": "no-store";
        /** @description When to try again, in seconds. */
        "Retry-After": string;
        /** @description The session for the next load, out of reach of scripts. Empty and of age 0 where it is deleted. */
        "Set-Cookie": string;
        "WWW-Authenticate": "Bearer";
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    deliver: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "event": {
                 *         "event_type": "vehicle.created",
                 *         "data": {
                 *           "vin": "1FTFW1E50PFA00001"
                 *         },
                 *         "event_id": "evt_1"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["DeliverCall"];
            };
        };
        responses: {
            /** @description What became of the event, of each event, or of what was due. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventResult"] | components["schemas"]["EventResults"] | components["schemas"]["RetryResult"] | components["schemas"]["Message"];
                };
            };
            /** @description The events are stored, or the worker is awake. */
            202: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StoredEvent"] | components["schemas"]["StoredEvents"] | components["schemas"]["Message"];
                };
            };
            400: components["responses"]["deliver.invalid_body-or-invalid_field-or-schema_violation-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            404: components["responses"]["deliver.not_found"];
            413: components["responses"]["deliver.payload_too_large-or-body_too_large"];
            415: components["responses"]["deliver.unsupported_media_type"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    listApiKeys: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ApiKey"][];
                    };
                };
            };
            400: components["responses"]["manage.invalid_value-or-owner_required-or-invalid_field"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.token_required-or-wrong_owner-or-no_owner"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    createApiKey: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters of your choice that cannot be guessed, such as a UUID. Within 24 hours the same
                 *     key with the same call and body gives the same answer, secret included, so that a lost answer is not lost. With
                 *     another call or body it is answered 409. Keys are each caller's own.
                 * @example 4f1c1f0a-6a55-4a52-8a0c-0f4c6c2a1f3e
                 */
                "Idempotency-Key"?: components["parameters"]["idempotency_key"];
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "ci",
                 *       "scopes": [
                 *         "read"
                 *       ],
                 *       "expires_at": "2028-01-01T00:00:00Z"
                 *     }
                 */
                "application/json": components["schemas"]["NewApiKey"];
            };
        };
        responses: {
            /** @description The key. */
            201: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ApiKeyWithKey"];
                        message: string;
                    };
                };
            };
            400: components["responses"]["manage.invalid_body-or-invalid_field-or-too_many_api_keys-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.token_required-or-insufficient_scope-or-wrong_owner-or-no_owner"];
            409: components["responses"]["manage.idempotency_key_reused"];
            413: components["responses"]["manage.body_too_large"];
            415: components["responses"]["manage.unsupported_media_type"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    deleteApiKey: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path: {
                /** @example 60507abf-2c53-4fc4-9a2b-9e7bf418a5f5 */
                api_key_id: components["parameters"]["api_key_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        message: string;
                    };
                };
            };
            400: components["responses"]["manage.invalid_value-or-owner_required-or-invalid_field"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.token_required-or-insufficient_scope-or-wrong_owner-or-no_owner"];
            404: components["responses"]["manage.not_found"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    listConsoleLinks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The links, never with a token. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ConsoleLink"][];
                    };
                };
            };
            400: components["responses"]["deliver.invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            404: components["responses"]["deliver.not_found"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    createConsoleLink: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "operator": "ada@example.com",
                 *       "scopes": [
                 *         "read"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["NewConsoleLink"];
            };
        };
        responses: {
            /** @description The link. */
            201: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ConsoleLinkWithUrl"];
                    };
                };
            };
            400: components["responses"]["deliver.invalid_body-or-invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            404: components["responses"]["deliver.not_found"];
            413: components["responses"]["deliver.body_too_large"];
            415: components["responses"]["deliver.unsupported_media_type"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    revokeConsoleLink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 3f0c7d52-5d0f-4a3e-8f57-0b6f2f0b9a41 */
                console_link_id: components["parameters"]["console_link_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It opens nothing from now on. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        message: string;
                    };
                };
            };
            400: components["responses"]["deliver.invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            404: components["responses"]["deliver.not_found"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    openConsole: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "token": "wcl_5e0c2f6b8a4d4c1fb0a7d9e3c6f18a2b"
                 *     }
                 */
                "application/json": components["schemas"]["ConsoleSessionCall"];
            };
        };
        responses: {
            /** @description The session. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ConsoleSession"];
                    };
                };
            };
            400: components["responses"]["deliver.invalid_body-or-invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            404: components["responses"]["deliver.not_found"];
            413: components["responses"]["deliver.body_too_large"];
            415: components["responses"]["deliver.unsupported_media_type"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    closeConsole: {
        parameters: {
            query?: never;
            header: {
                /** @example wcs_5e0c2f6b8a4d4c1fb0a7d9e3c6f18a2b */
                "X-API-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session is over. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        message: string;
                    };
                };
            };
            400: components["responses"]["deliver.invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            404: components["responses"]["deliver.not_found"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    cancelDeliveries: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "until": "2026-11-24T00:00:00Z",
                 *       "dry_run": true
                 *     }
                 */
                "application/json": components["schemas"]["WhichDeliveries"];
            };
        };
        responses: {
            /** @description How many. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Cancelled"];
                    };
                };
            };
            400: components["responses"]["manage.invalid_body-or-invalid_field-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner-or-insufficient_scope"];
            404: components["responses"]["manage.not_found"];
            413: components["responses"]["manage.body_too_large"];
            415: components["responses"]["manage.unsupported_media_type"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    resendDeliveries: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "event_type": "vehicle.updated",
                 *       "dry_run": true
                 *     }
                 */
                "application/json": components["schemas"]["WhichDeliveries"];
            };
        };
        responses: {
            /** @description How many. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Resent"];
                    };
                };
            };
            400: components["responses"]["manage.invalid_body-or-invalid_field-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner-or-insufficient_scope"];
            404: components["responses"]["manage.not_found"];
            413: components["responses"]["manage.body_too_large"];
            415: components["responses"]["manage.unsupported_media_type"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    getDocs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page that loads nothing from another host. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    listEventTypes: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The catalogue, without archived types. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["CatalogueEntry"][];
                    };
                };
            };
            400: components["responses"]["manage.invalid_value-or-owner_required-or-invalid_field"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    putEventType: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The type's name.
                 * @example vehicle.sold
                 */
                name: components["schemas"]["EventType"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "description": "A vehicle changed hands",
                 *       "example": {
                 *         "vin": "1FTFW1E50PFA00001",
                 *         "price": 41000
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["EventTypeChanges"];
            };
        };
        responses: {
            /** @description The type as it is now. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EventTypeEntry"];
                    };
                };
            };
            400: components["responses"]["deliver.invalid_body-or-invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            403: components["responses"]["deliver.insufficient_scope"];
            404: components["responses"]["deliver.not_found"];
            413: components["responses"]["deliver.body_too_large"];
            415: components["responses"]["deliver.unsupported_media_type"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description A JSON object that `data` contains, such as `{"vin":"1FTFW1E50PFA00001"}`. */
                contains?: string;
                /** @description The `next_cursor` of the page before. */
                cursor?: components["schemas"]["EventCursor"];
                event_type?: components["schemas"]["EventType"];
                limit?: number;
                /** @description A text in the payload, in any case of letters. */
                search?: string;
                /** @description Only events of this time or later. */
                since?: string;
                /** @description Only events before this time. */
                until?: string;
            };
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
            400: components["responses"]["manage.invalid_field-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    getEvent: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path: {
                /**
                 * @description The event's id, percent-encoded where it needs to be.
                 * @example evt_1
                 */
                event_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The event. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EventWithEndpoints"];
                    };
                };
            };
            400: components["responses"]["manage.invalid_value-or-owner_required-or-invalid_field"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner"];
            404: components["responses"]["manage.not_found"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    eraseEvents: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "contains": {
                 *         "vin": "1FTFW1E50PFA00001"
                 *       },
                 *       "dry_run": true
                 *     }
                 */
                "application/json": components["schemas"]["Erasure"];
            };
        };
        responses: {
            /** @description How many. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Erased"];
                    };
                };
            };
            400: components["responses"]["manage.invalid_body-or-invalid_field-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner-or-insufficient_scope"];
            413: components["responses"]["manage.body_too_large"];
            415: components["responses"]["manage.unsupported_media_type"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics, in the text format of Prometheus 0.0.4. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example # HELP webhooks_backlog Deliveries that have not ended
                     *     # TYPE webhooks_backlog gauge
                     *     webhooks_backlog 0
                     */
                    "text/plain": string;
                };
            };
            400: components["responses"]["deliver.invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            404: components["responses"]["deliver.not_found"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    getOpenApi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        openapi: string;
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
        };
    };
    listAuditLog: {
        parameters: {
            query?: {
                /** @description `next_before` of the page before. */
                before?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AuditEntry"][];
                        /** @description Null on the last page. */
                        next_before: number | null;
                    };
                };
            };
            400: components["responses"]["deliver.invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            404: components["responses"]["deliver.not_found"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    cancelDeliveriesOf: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "all": true,
                 *       "until": "2026-11-24T00:00:00Z",
                 *       "dry_run": true
                 *     }
                 */
                "application/json": components["schemas"]["OperatorDeliveries"];
            };
        };
        responses: {
            /** @description How many. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["OperatorCancelled"];
                    };
                };
            };
            400: components["responses"]["deliver.invalid_body-or-invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            403: components["responses"]["deliver.insufficient_scope"];
            404: components["responses"]["deliver.not_found"];
            413: components["responses"]["deliver.body_too_large"];
            415: components["responses"]["deliver.unsupported_media_type"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    resendDeliveriesOf: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "all": true,
                 *       "since": "2026-11-24T00:00:00Z",
                 *       "dry_run": true
                 *     }
                 */
                "application/json": components["schemas"]["OperatorDeliveries"];
            };
        };
        responses: {
            /** @description How many. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["OperatorResent"];
                    };
                };
            };
            400: components["responses"]["deliver.invalid_body-or-invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            403: components["responses"]["deliver.insufficient_scope"];
            404: components["responses"]["deliver.not_found"];
            413: components["responses"]["deliver.body_too_large"];
            415: components["responses"]["deliver.unsupported_media_type"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    pauseEndpointsOf: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "owner": "4d9a2b7c-3f7d-4e0e-9f0c-2a3b4c5d6e7f",
                 *       "dry_run": true
                 *     }
                 */
                "application/json": components["schemas"]["OperatorEndpoints"];
            };
        };
        responses: {
            /** @description How many. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Switched"];
                    };
                };
            };
            400: components["responses"]["deliver.invalid_body-or-invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            403: components["responses"]["deliver.insufficient_scope"];
            404: components["responses"]["deliver.not_found"];
            413: components["responses"]["deliver.body_too_large"];
            415: components["responses"]["deliver.unsupported_media_type"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    resumeEndpointsOf: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "owner": "4d9a2b7c-3f7d-4e0e-9f0c-2a3b4c5d6e7f",
                 *       "dry_run": true
                 *     }
                 */
                "application/json": components["schemas"]["OperatorEndpoints"];
            };
        };
        responses: {
            /** @description How many. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Switched"];
                    };
                };
            };
            400: components["responses"]["deliver.invalid_body-or-invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            403: components["responses"]["deliver.insufficient_scope"];
            404: components["responses"]["deliver.not_found"];
            413: components["responses"]["deliver.body_too_large"];
            415: components["responses"]["deliver.unsupported_media_type"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    listEventTypesInUse: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The types, by name. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EventTypeInUse"][];
                    };
                };
            };
            400: components["responses"]["deliver.invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            404: components["responses"]["deliver.not_found"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    getOverview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How things are now. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Overview"];
                    };
                };
            };
            400: components["responses"]["deliver.invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            404: components["responses"]["deliver.not_found"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    search: {
        parameters: {
            query: {
                /** @example example.com */
                text: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Found"];
                    };
                };
            };
            400: components["responses"]["deliver.invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            404: components["responses"]["deliver.not_found"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    getOperatorStats: {
        parameters: {
            query?: {
                owner?: components["schemas"]["Id"];
                /** @description How far back, in 12, 24, 28 or 30 buckets. */
                window?: components["parameters"]["window"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The numbers, in buckets of time. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Stats"];
                    };
                };
            };
            400: components["responses"]["deliver.invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            404: components["responses"]["deliver.not_found"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    getStorage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tables, the largest first. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Storage"];
                    };
                };
            };
            400: components["responses"]["deliver.invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            404: components["responses"]["deliver.not_found"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    getPortal: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    listPortalLinks: {
        parameters: {
            query?: {
                owner?: components["schemas"]["Id"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The links, never with a token. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["PortalLink"][];
                    };
                };
            };
            400: components["responses"]["deliver.invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            404: components["responses"]["deliver.not_found"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    createPortalLink: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "owner": "4d9a2b7c-3f7d-4e0e-9f0c-2a3b4c5d6e7f",
                 *       "expires_in": 3600
                 *     }
                 */
                "application/json": components["schemas"]["NewPortalLink"];
            };
        };
        responses: {
            /** @description The link. */
            201: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["PortalLinkWithUrl"];
                    };
                };
            };
            400: components["responses"]["deliver.invalid_body-or-invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            404: components["responses"]["deliver.not_found"];
            413: components["responses"]["deliver.body_too_large"];
            415: components["responses"]["deliver.unsupported_media_type"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    revokePortalLink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 7f4a1f0e-8f0c-4a53-a6c2-0a4d6a1f5f6e */
                portal_link_id: components["parameters"]["portal_link_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It opens nothing from now on. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        message: string;
                    };
                };
            };
            400: components["responses"]["deliver.invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            403: components["responses"]["deliver.insufficient_scope"];
            404: components["responses"]["deliver.not_found"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    openPortal: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "token": "wpl_5e0c2f6b8a4d4c1fb0a7d9e3c6f18a2b"
                 *     }
                 */
                "application/json": components["schemas"]["PortalSessionCall"];
            };
        };
        responses: {
            /** @description The session. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["PortalSession"];
                    };
                };
            };
            400: components["responses"]["manage.invalid_body-or-invalid_field-or-invalid_value"];
            401: components["responses"]["manage.unauthorized"];
            413: components["responses"]["manage.body_too_large"];
            415: components["responses"]["manage.unsupported_media_type"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    closePortal: {
        parameters: {
            query?: never;
            header: {
                /** @example wps_5e0c2f6b8a4d4c1fb0a7d9e3c6f18a2b */
                "X-API-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session is over. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        message: string;
                    };
                };
            };
            400: components["responses"]["manage.invalid_value"];
            401: components["responses"]["manage.unauthorized"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    listReplays: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The replays. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Replay"][];
                    };
                };
            };
            400: components["responses"]["manage.invalid_value-or-owner_required-or-invalid_field"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    getReplay: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path: {
                /** @example 9d0c1ab5-4f0c-4b0e-8d7c-6d5a2f6f2f10 */
                replay_id: components["parameters"]["replay_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The replay. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Replay"];
                    };
                };
            };
            400: components["responses"]["manage.invalid_value-or-owner_required-or-invalid_field"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner"];
            404: components["responses"]["manage.not_found"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    cancelReplay: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path: {
                /** @example 9d0c1ab5-4f0c-4b0e-8d7c-6d5a2f6f2f10 */
                replay_id: components["parameters"]["replay_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The replay. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Replay"];
                    };
                };
            };
            400: components["responses"]["manage.invalid_value-or-owner_required-or-invalid_field"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner-or-insufficient_scope"];
            404: components["responses"]["manage.not_found"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    getStats: {
        parameters: {
            query?: {
                /** @description How far back, in 12, 24, 28 or 30 buckets. */
                window?: components["parameters"]["window"];
            };
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The statistics. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Stats"];
                    };
                };
            };
            400: components["responses"]["manage.invalid_field-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    listEndpointStats: {
        parameters: {
            query?: {
                /** @description How far back, in 12, 24, 28 or 30 buckets. */
                window?: components["parameters"]["window"];
            };
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The statistics. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EndpointStats"][];
                    };
                };
            };
            400: components["responses"]["manage.invalid_field-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    listEndpoints: {
        parameters: {
            query?: {
                /** @description A JSON object that the endpoint's metadata contains. */
                metadata?: string;
            };
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The endpoints. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EndpointWithStats"][];
                    };
                };
            };
            400: components["responses"]["manage.invalid_field-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    createEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters of your choice that cannot be guessed, such as a UUID. Within 24 hours the same
                 *     key with the same call and body gives the same answer, secret included, so that a lost answer is not lost. With
                 *     another call or body it is answered 409. Keys are each caller's own.
                 * @example 4f1c1f0a-6a55-4a52-8a0c-0f4c6c2a1f3e
                 */
                "Idempotency-Key"?: components["parameters"]["idempotency_key"];
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "url": "https://example.com/hook",
                 *       "description": "Fleet sync",
                 *       "events": [
                 *         "vehicle.*"
                 *       ],
                 *       "rate_limit_per_minute": 600,
                 *       "headers": {
                 *         "Authorization": "Bearer abc"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["NewEndpoint"];
            };
        };
        responses: {
            /** @description The endpoint with its secret. */
            201: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EndpointWithSecret"];
                        message: string;
                    };
                };
            };
            400: components["responses"]["manage.invalid_body-or-invalid_field-or-unknown_event_type-or-too_many_endpoints-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner-or-insufficient_scope"];
            409: components["responses"]["manage.idempotency_key_reused"];
            413: components["responses"]["manage.body_too_large"];
            415: components["responses"]["manage.unsupported_media_type"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    eraseEventsOf: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "contains": {
                 *         "vin": "1FTFW1E50PFA00001"
                 *       },
                 *       "dry_run": true
                 *     }
                 */
                "application/json": components["schemas"]["OperatorErasure"];
            };
        };
        responses: {
            /** @description How many. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Erased"];
                    };
                };
            };
            400: components["responses"]["deliver.invalid_body-or-invalid_field-or-invalid_value"];
            401: components["responses"]["deliver.unauthorized"];
            403: components["responses"]["deliver.insufficient_scope"];
            404: components["responses"]["deliver.not_found"];
            413: components["responses"]["deliver.body_too_large"];
            415: components["responses"]["deliver.unsupported_media_type"];
            429: components["responses"]["deliver.too_many_requests"];
            500: components["responses"]["deliver.misconfigured-or-internal"];
            503: components["responses"]["deliver.database_unavailable"];
        };
    };
    getEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The endpoint. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EndpointWithDeliveries"];
                    };
                };
            };
            400: components["responses"]["manage.invalid_value-or-owner_required-or-invalid_field"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner"];
            404: components["responses"]["manage.not_found"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    deleteEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        message: string;
                    };
                };
            };
            400: components["responses"]["manage.invalid_value-or-owner_required-or-invalid_field"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner-or-insufficient_scope"];
            404: components["responses"]["manage.not_found"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    updateEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "is_active": true,
                 *       "max_attempts": 8
                 *     }
                 */
                "application/json": components["schemas"]["EndpointChanges"];
            };
        };
        responses: {
            /** @description The endpoint as it is now. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Endpoint"];
                        message: string;
                    };
                };
            };
            400: components["responses"]["manage.invalid_body-or-invalid_field-or-unknown_event_type-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner-or-insufficient_scope"];
            404: components["responses"]["manage.not_found"];
            413: components["responses"]["manage.body_too_large"];
            415: components["responses"]["manage.unsupported_media_type"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description The `next_cursor` of the page before. */
                cursor?: components["schemas"]["Cursor"];
                event_type?: components["schemas"]["EventType"];
                limit?: number;
                /** @description Only deliveries that were created at this time or later. */
                since?: string;
                status?: components["schemas"]["DeliveryStatus"];
                /** @description Only deliveries that were created before this time. */
                until?: string;
            };
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of deliveries. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryPage"];
                };
            };
            400: components["responses"]["manage.invalid_field-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner"];
            404: components["responses"]["manage.not_found"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    getDelivery: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path: {
                /** @example 050bddf9-b0e3-417f-98b8-95fb52d28b99 */
                delivery_id: components["parameters"]["delivery_id"];
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["DeliveryWithAttempts"];
                    };
                };
            };
            400: components["responses"]["manage.invalid_value-or-owner_required-or-invalid_field"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner"];
            404: components["responses"]["manage.not_found"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    resendDelivery: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path: {
                /** @example 050bddf9-b0e3-417f-98b8-95fb52d28b99 */
                delivery_id: components["parameters"]["delivery_id"];
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery, which is due now. */
            202: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Delivery"];
                        message: string;
                    };
                };
            };
            400: components["responses"]["manage.invalid_value-or-owner_required-or-invalid_field"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner-or-insufficient_scope"];
            404: components["responses"]["manage.not_found"];
            409: components["responses"]["manage.endpoint_disabled-or-event_erased"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    testFilter: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "filter": "$.data.mileage > 40000",
                 *       "last": 50
                 *     }
                 */
                "application/json": components["schemas"]["NewFilterTest"];
            };
        };
        responses: {
            /** @description What the filter says of each event. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["FilterTest"];
                    };
                };
            };
            400: components["responses"]["manage.invalid_body-or-invalid_field-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner"];
            404: components["responses"]["manage.not_found"];
            413: components["responses"]["manage.body_too_large"];
            415: components["responses"]["manage.unsupported_media_type"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    recoverDeliveries: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "since": "2026-11-20T00:00:00Z",
                 *       "until": "2026-11-24T00:00:00Z"
                 *     }
                 */
                "application/json": components["schemas"]["RecoveryWindow"];
            };
        };
        responses: {
            /** @description How many are due now. */
            202: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Recovery"];
                        message: string;
                    };
                };
            };
            400: components["responses"]["manage.invalid_body-or-invalid_field-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner-or-insufficient_scope"];
            404: components["responses"]["manage.not_found"];
            409: components["responses"]["manage.endpoint_disabled"];
            413: components["responses"]["manage.body_too_large"];
            415: components["responses"]["manage.unsupported_media_type"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    replayEvents: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "since": "2026-11-20T00:00:00Z",
                 *       "only": "missing",
                 *       "dry_run": true
                 *     }
                 */
                "application/json": components["schemas"]["NewReplay"];
            };
        };
        responses: {
            /** @description The replay. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Replay"];
                    };
                };
            };
            400: components["responses"]["manage.invalid_body-or-invalid_field-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner-or-insufficient_scope"];
            404: components["responses"]["manage.not_found"];
            409: components["responses"]["manage.endpoint_disabled-or-replay_running"];
            413: components["responses"]["manage.body_too_large"];
            415: components["responses"]["manage.unsupported_media_type"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    rotateSecret: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters of your choice that cannot be guessed, such as a UUID. Within 24 hours the same
                 *     key with the same call and body gives the same answer, secret included, so that a lost answer is not lost. With
                 *     another call or body it is answered 409. Keys are each caller's own.
                 * @example 4f1c1f0a-6a55-4a52-8a0c-0f4c6c2a1f3e
                 */
                "Idempotency-Key"?: components["parameters"]["idempotency_key"];
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "expires_in_hours": 48
                 *     }
                 */
                "application/json": components["schemas"]["Rotation"];
            };
        };
        responses: {
            /** @description The endpoint with its new secret. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EndpointWithSecret"];
                        message: string;
                    };
                };
            };
            400: components["responses"]["manage.invalid_body-or-invalid_field-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner-or-insufficient_scope"];
            404: components["responses"]["manage.not_found"];
            409: components["responses"]["manage.too_many_secrets-or-idempotency_key_reused"];
            413: components["responses"]["manage.body_too_large"];
            415: components["responses"]["manage.unsupported_media_type"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    getEndpointStats: {
        parameters: {
            query?: {
                /** @description How far back, in 12, 24, 28 or 30 buckets. */
                window?: components["parameters"]["window"];
            };
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The statistics. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Stats"];
                    };
                };
            };
            400: components["responses"]["manage.invalid_field-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner"];
            404: components["responses"]["manage.not_found"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    testEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path: {
                /** @example 2ec36fac-f082-4d21-aa90-01939b963b47 */
                endpoint_id: components["parameters"]["endpoint_id"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "event_type": "vehicle.created"
                 *     }
                 */
                "application/json": components["schemas"]["Test"];
            };
        };
        responses: {
            /** @description The delivery, which is due now. */
            202: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Delivery"];
                        message: string;
                    };
                };
            };
            400: components["responses"]["manage.invalid_body-or-invalid_field-or-unknown_event_type-or-schema_violation-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner-or-insufficient_scope"];
            404: components["responses"]["manage.not_found"];
            409: components["responses"]["manage.endpoint_disabled"];
            413: components["responses"]["manage.payload_too_large-or-body_too_large"];
            415: components["responses"]["manage.unsupported_media_type"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    pauseEndpoints: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "metadata": {
                 *         "team": "fleet"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["WhichEndpoints"];
            };
        };
        responses: {
            /** @description How many. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Switched"];
                    };
                };
            };
            400: components["responses"]["manage.invalid_body-or-invalid_field-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner-or-insufficient_scope"];
            413: components["responses"]["manage.body_too_large"];
            415: components["responses"]["manage.unsupported_media_type"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    resumeEndpoints: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description For which owner you act, where the operator has users act for several: an organisation, for example. Else your own id,
                 *     or absent.
                 */
                "X-Webhook-Owner"?: components["parameters"]["owner"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "metadata": {
                 *         "team": "fleet"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["WhichEndpoints"];
            };
        };
        responses: {
            /** @description How many. */
            200: {
                headers: {
                    "Access-Control-Allow-Headers": components["headers"]["Access-Control-Allow-Headers"];
                    "Access-Control-Allow-Methods": components["headers"]["Access-Control-Allow-Methods"];
                    "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
                    "Access-Control-Expose-Headers": components["headers"]["Access-Control-Expose-Headers"];
                    "Access-Control-Max-Age": components["headers"]["Access-Control-Max-Age"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Switched"];
                    };
                };
            };
            400: components["responses"]["manage.invalid_body-or-invalid_field-or-invalid_value-or-owner_required"];
            401: components["responses"]["manage.unauthorized"];
            403: components["responses"]["manage.wrong_owner-or-no_owner-or-insufficient_scope"];
            413: components["responses"]["manage.body_too_large"];
            415: components["responses"]["manage.unsupported_media_type"];
            429: components["responses"]["manage.too_many_requests"];
            500: components["responses"]["manage.misconfigured-or-internal"];
            503: components["responses"]["manage.database_unavailable"];
        };
    };
    receiveEvent: {
        parameters: {
            query?: never;
            header: {
                /** @description The same as Stripe-Signature. */
                "Nuke-Signature": string;
                /** @description The same as webhook-timestamp. */
                "Nuke-Timestamp": string;
                /**
                 * @description `t=<timestamp>,v1=<hex>`, with several `v1` in a rotation: HMAC-SHA256 of `<timestamp>.<body>`, keyed with the whole
                 *     secret, `whsec_` included.
                 */
                "Stripe-Signature": string;
                /** @description The event's id, the same on every attempt. */
                "webhook-id": string;
                /** @description Present where the owner has the event replayed. */
                "webhook-replay"?: "true";
                /**
                 * @description `v1,<base64>`, several separated by spaces: HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<body>`, keyed with
                 *     the base64-decoded 64 characters after `whsec_` (Standard Webhooks).
                 */
                "webhook-signature": string;
                /** @description When the attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Webhook"];
            };
        };
        responses: {
            /** @description Received. The answer's first 1000 characters are kept for the owner to look at. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The endpoint is switched off and nothing is sent to it any more. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again later; `Retry-After` is heard, in seconds or as a date. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The same. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A failure: tried again by the schedule. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
