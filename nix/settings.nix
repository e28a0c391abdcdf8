# The settings of the programs as options, read from their JSON Schema, so that the two cannot differ.
{ lib }:

let
  schema = lib.importJSON ../schema/kapso-whatsapp.schema.json;

  # Every key of the configuration: { path, key, env, schema }, such as { path = [ "polling" "interval" ]; … }. A section
  # has no variable; a section may stand within another.
  keys = leavesOf {
    within = value: if value ? x-env then null else value.properties or null;
    leaf =
      path: value:
      lib.optional (value ? x-env) {
        inherit path;
        key = lib.concatStringsSep "." path;
        env = value.x-env;
        schema = value;
      };
  } schema.properties;

  # What `leaf` makes of each value of a tree and its path, in one list. `within` has what is below a value, or null.
  leavesOf =
    { within, leaf }:
    let
      below =
        above: tree:
        lib.concatLists (
          lib.mapAttrsToList (
            name: value:
            let
              path = above ++ [ name ];
            in
            if within value == null then leaf path value else below path (within value)
          ) tree
        );
    in
    below [ ];

  isSecret = key: key.schema.x-secret or false;
  isSecretFile = key: key.schema ? x-file-of;
  isSetting = key: !isSecret key && !isSecretFile key;

  path = key: key.path;

  # The credential that the program looks for: `webhook.verifyToken` is `webhook-verify-token`.
  credentialName =
    key:
    let
      dashed =
        character:
        if character == "." then
          "-"
        else if lib.toLower character != character then
          "-${lib.toLower character}"
        else
          character;
    in
    lib.concatMapStrings dashed (lib.stringToCharacters key.key);

  # --- the accounts: what stands in them is said elsewhere in the schema, and referred to ---

  # { key; } names the key of the whole configuration that it is: `accounts.*.apiKey` is `kapso.apiKey`.
  resolve =
    above: name: value:
    if value ? "$ref" then
      let
        steps = lib.splitString "/" (lib.removePrefix "#/" value."$ref");
        key = lib.concatStringsSep "." (lib.filter (step: step != "properties") steps);
      in
      lib.getAttrFromPath steps schema // { inherit key; }
    else
      value // { key = if above == "" then name else "${above}.${name}"; };

  # Everything in an account, as a tree of sections and leaves. A secret is left out: it would be in the store.
  accountTree = treeOf schema."$defs".account "";
  treeOf =
    object: above:
    lib.filterAttrs (_: value: !(value.x-secret or false)) (
      lib.mapAttrs (
        name: given:
        let
          value = resolve above name given;
        in
        value
        // lib.optionalAttrs (value ? properties) { tree = treeOf value value.key; }
        // {
          isRequired = lib.elem name (object.required or [ ]);
          isElsewhere = given ? "$ref";
        }
      ) object.properties
    );

  accountOptions =
    tree:
    lib.mapAttrs (
      _: value:
      if value ? tree then
        lib.mkOption (
          {
            type = lib.types.submodule { options = accountOptions value.tree; };
            default = { };
            example = exampleIn value.tree;
            inherit (value) description;
          }
          // lib.optionalAttrs value.isElsewhere {
            description =
              "${value.description} For this number, in the place of `settings.${value.key}`, "
              + "which has the same options.";
            visible = "shallow";
          }
        )
      else
        partOption value.isRequired value
    ) tree;

  # A part of an object. What may be left out is null then.
  partOption =
    isRequired: value:
    lib.mkOption (
      {
        type = if isRequired then typeOf value else lib.types.nullOr (typeOf value);
        example = lib.head value.examples;
        inherit (value) description;
      }
      // lib.optionalAttrs (!isRequired) { default = null; }
    );

  # The first thing that a section can have.
  exampleIn =
    tree:
    let
      name = lib.head (lib.attrNames (lib.filterAttrs (_: value: value ? examples) tree));
    in
    {
      ${name} = lib.head tree.${name}.examples;
    };

  accountsOption = lib.mkOption {
    type = lib.types.listOf (lib.types.submodule { options = accountOptions accountTree; });
    default = [ ];
    example = lib.head schema.properties.accounts.examples;
    description = ''
      ${schema.properties.accounts.description} `kapso.phoneNumberId` is not set then. The path of a secret's file stands in the
      account itself, and in NixOS the account needs a name for it: systemd gives the file to the service by that.
    '';
  };

  # The secret files of an account: [ { path; credential; } ], such as { path = [ "apiKeyFile" ]; credential = "kapso-api-key"; }.
  accountSecretFiles = leavesOf {
    within = value: value.tree or null;
    leaf =
      path: value:
      lib.optional (value ? x-file-of) {
        inherit path;
        credential = credentialName { key = value.x-file-of; };
      };
  } accountTree;

  # Nix matches whole strings by POSIX rules. The schema's other expressions are translated. A pattern that still has a
  # backslash is left to the check of the rendered file.
  stringType =
    {
      pattern ? ".*",
      x-expected ? null,
      ...
    }:
    let
      posix =
        lib.replaceStrings
          [
            "[^/?#@\\s]"
            "[^\\s?#]"
            "[^?#@\\s]"
            "[^:/\\[\\]\\s]"
            "\\["
            "\\]"
            "\\d"
            "\\."
          ]
          [
            "[^/?#@[:space:]]"
            "[^[:space:]?#]"
            "[^?#@[:space:]]"
            "[^]:/[[:space:]]"
            "[[]"
            "]"
            "[0-9]"
            "[.]"
          ]
          pattern;
      anchored = lib.hasPrefix "^" posix && lib.hasSuffix "$" posix;
    in
    if pattern == "\\S" then
      lib.types.nonEmptyStr
    else if anchored && !lib.hasInfix "\\" posix then
      lib.types.strMatching posix
      // lib.optionalAttrs (x-expected != null) { description = "string: ${x-expected}"; }
    else
      lib.types.str;

  typeOf =
    value:
    if value ? patternProperties then
      lib.types.attrsOf (objectOf (lib.head (lib.attrValues value.patternProperties)))
    else if value ? items then
      lib.types.listOf (
        if value.items ? properties then
          objectOf value.items
        else
          typeOf (lib.optionalAttrs (value ? x-expected) { inherit (value) x-expected; } // value.items)
      )
    else if value ? enum then
      lib.types.enum value.enum
    else if value.type == "integer" then
      lib.types.ints.between value.minimum value.maximum
    else if value.type == "boolean" then
      lib.types.bool
    else
      stringType value;

  # An object in a list, or under a name of its own.
  objectOf =
    object:
    lib.types.submodule {
      options = lib.mapAttrs (name: partOption (lib.elem name (object.required or [ ]))) object.properties;
    };

  # A default that depends on another key is left to the program.
  defaultOf = schema: if schema.x-default-depends or false then null else schema.default or null;

  optionOf =
    {
      key,
      env,
      schema,
      ...
    }:
    let
      type = typeOf schema;
      unit = lib.optionalString (schema ? x-unit) " In ${schema.x-unit}.";
      note = lib.optionalString (notes ? ${key}) " ${notes.${key}}";
    in
    lib.mkOption {
      type = if defaultOf schema == null then lib.types.nullOr type else type;
      default = defaultOf schema;
      example = lib.head schema.examples;
      description = "${schema.description}${unit}${note} Variable: `${env}`.";
    };

  # Settings whose default a module changes.
  notes = {
    "state.dir" = "In NixOS it is `/var/lib/kapso-whatsapp`, or another directory below `/var/lib`.";
    "gateway.url" = "With `services.openclaw-gateway` in NixOS its port is the default.";
    "webhook.listen" = "With `nginx.enable` or `caddy.enable` the default is `127.0.0.1:18790`.";
  };

  # A tree of the keys: { polling.interval = f key; }.
  at = f: lib.foldl' (all: key: lib.recursiveUpdate all (lib.setAttrByPath (path key) (f key))) { };
  # What an object does not say is left out of the file.
  withoutNull =
    value:
    if lib.isList value then
      map withoutNull value
    else if lib.isAttrs value then
      lib.mapAttrs (_: withoutNull) (lib.filterAttrs (_: inner: inner != null) value)
    else
      value;
  # An account without what is not set, and without sections in which nothing is.
  renderAccount =
    tree:
    lib.concatMapAttrs (
      name: value:
      let
        isSection = tree.${name} ? tree;
        inner = if isSection then renderAccount tree.${name}.tree value else withoutNull value;
      in
      lib.optionalAttrs (inner != (if isSection then { } else null)) { ${name} = inner; }
    );
  # The name nearest to one that is unknown.
  suggest =
    names: given:
    let
      distance = lib.strings.levenshtein given;
      near = lib.sort (a: b: distance a < distance b) (lib.filter (name: distance name <= 2) names);
    in
    lib.optionalString (near != [ ]) " Did you mean ${lib.head near}?";
in
{
  inherit path;

  # The unknown keys: [ { key; meant; } ], with the key as it was given.
  unknown =
    settings:
    let
      known = lib.mapAttrs (_: _: true) schema.properties // at (_: true) keys;
      within =
        prefix: known: value:
        lib.concatLists (
          lib.mapAttrsToList (
            name: inner:
            let
              key = "${prefix}${name}";
            in
            if !(known ? ${name}) then
              lib.singleton {
                inherit key;
                meant = suggest (map (other: "${prefix}${other}") (lib.attrNames known)) key;
              }
            else if lib.isAttrs known.${name} && lib.isAttrs inner then
              within "${key}." known.${name} inner
            else
              [ ]
          ) value
        );
    in
    within "" known settings;

  # { <section>.<name> = option; }
  options = at optionOf (lib.filter isSetting keys) // {
    accounts = accountsOption;
  };

  inherit accountSecretFiles;

  # Every secret, with its credential and the setting that names its file.
  secrets = map (
    key:
    key
    // {
      credential = credentialName key;
      filePath = lib.init key.path ++ [ "${lib.last key.path}File" ];
    }
  ) (lib.filter isSecret keys);

  # What the file of settings must not hold: secrets, which would be in the store, and the files that the modules name
  # themselves.
  secretKeys = lib.filter isSecret keys;
  secretFileKeys = lib.filter isSecretFile keys;

  # The settings that differ from the defaults, for the file: { kapso.phoneNumberId = "…"; }. Unknown keys are left
  # out. Assertions refuse them, but a build of one unit alone does not look at the assertions, and by then a secret
  # would be in the store.
  render =
    let
      known =
        at (key: {
          isKey = true;
          default = defaultOf key.schema;
        }) (lib.filter isSetting keys)
        // {
          accounts = {
            isKey = true;
            default = [ ];
            render = map (renderAccount accountTree);
          };
        };
      section =
        known: settings:
        lib.concatMapAttrs (
          name: value:
          let
            key = known.${name} or { isKey = true; default = value; };
            inner =
              if key.isKey or false then (key.render or withoutNull) value else section key value;
            isEmpty = if key.isKey or false then value == null || value == key.default else inner == { };
          in
          lib.optionalAttrs (!isEmpty) { ${name} = inner; }
        ) settings;
    in
    section known;
}
