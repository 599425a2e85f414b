import { Menu } from "@base-ui/react/menu";

import type { Schemas } from "../../shared/api.ts";
import { Icon } from "../../shared/components/Icon.tsx";
import { texts } from "../../texts.ts";
import type { EndpointDialog } from "./EndpointDialogs.tsx";

interface ActionsMenuProps {
  endpoint: Schemas["Endpoint"];
  onOpen: (dialog: EndpointDialog) => void;
}

/** What can be done to an endpoint besides editing it. */
export function ActionsMenu({ endpoint, onOpen }: ActionsMenuProps) {
  const words = texts.endpoint;
  return (
    <Menu.Root>
      <Menu.Trigger className="button button-icon" aria-label={words.moreActions}><Icon name="more" /></Menu.Trigger>
      <Menu.Portal container={document.getElementById("content")}>
        <Menu.Positioner sideOffset={4} align="end">
          <Menu.Popup className="menu">
            <Menu.Item className="menu-item" onClick={() => onOpen("switch")}>
              {endpoint.is_active ? words.switchOff : words.switchOn}
            </Menu.Item>
            <Menu.Item className="menu-item" onClick={() => onOpen("rotate")}>{words.rotate}</Menu.Item>
            <Menu.Item className="menu-item menu-item-danger" onClick={() => onOpen("delete")}>
              {words.delete}
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
