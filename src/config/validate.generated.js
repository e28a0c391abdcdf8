// Generated from schema/kapso-whatsapp.schema.json by `npm run generate`; do not edit.
"use strict";
export const validate = validate52;
export default validate52;
const schema19 = {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"properties":{"$schema":{"type":"string"},"mode":{"type":"string","enum":["polling","tailscale","domain"]},"kapso":{"type":"object","additionalProperties":false,"properties":{"apiKey":{"type":"string","pattern":"^[!-.0-~][!-~]*$"},"apiKeyFile":{"type":"string","pattern":"\\S"},"phoneNumberId":{"type":"string","pattern":"^\\d+$"},"baseUrl":{"type":"string","pattern":"^https?://[^/?#@\\s]+$"},"apiVersion":{"type":"string","pattern":"^v\\d{1,3}\\.\\d{1,2}$"},"timeout":{"type":"integer","minimum":1,"maximum":600}}},"accounts":{"type":"array","minItems":1,"items":{"$ref":"#/$defs/account"}},"gateway":{"type":"object","additionalProperties":false,"properties":{"url":{"type":"string","pattern":"^wss?://[^/?#@\\s]+(/[^?#@\\s]*)?$"},"token":{"type":"string","pattern":"^\\S(.*\\S)?$"},"tokenFile":{"type":"string","pattern":"\\S"},"agent":{"type":"string","pattern":"^[a-z0-9][a-z0-9_-]{0,63}$"},"session":{"type":"string","enum":["per-sender","shared"]},"sharedSession":{"type":"string","pattern":"^[a-z0-9][a-z0-9:_+.-]{0,199}$"},"identity":{"type":"string","enum":["auto","always","never"]},"runTimeout":{"type":"integer","minimum":1,"maximum":86400}}},"polling":{"$ref":"#/$defs/polling"},"state":{"type":"object","additionalProperties":false,"properties":{"dir":{"type":"string","pattern":"\\S"},"database":{"type":"string","pattern":"^postgres(ql)?://[^\\s]*$"},"databaseFile":{"type":"string","pattern":"\\S"},"retention":{"type":"integer","minimum":7,"maximum":3650}}},"webhook":{"type":"object","additionalProperties":false,"properties":{"listen":{"type":"string","pattern":"^(unix:/.+|(\\[[0-9A-Fa-f:.]+\\]|[^:/\\[\\]\\s]*):(\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]))$"},"path":{"type":"string","pattern":"^/[A-Za-z0-9._~/-]*$"},"verifyToken":{"type":"string","pattern":"^\\S(.*\\S)?$"},"verifyTokenFile":{"type":"string","pattern":"\\S"},"secret":{"type":["string","array"],"pattern":"^\\S.*$","minItems":1,"items":{"type":"string","pattern":"^\\S.*$"}},"secretFile":{"type":"string","pattern":"\\S"},"requireSignature":{"type":"boolean"},"publicUrl":{"type":"string","pattern":"^https://[^/?#@\\s]+(/[^\\s?#]*)?$"},"register":{"type":"boolean"},"maxBodyBytes":{"type":"integer","minimum":1024,"maximum":67108864}}},"tailscale":{"type":"object","additionalProperties":false,"properties":{"command":{"type":"string","pattern":"\\S"},"port":{"type":"integer","enum":[443,8443,10000]}}},"access":{"$ref":"#/$defs/access"},"groups":{"$ref":"#/$defs/groups"},"delivery":{"$ref":"#/$defs/delivery"},"media":{"type":"object","additionalProperties":false,"properties":{"deliver":{"type":"string","enum":["files","links"]},"maxFileSize":{"type":"integer","minimum":1,"maximum":100},"maxTotalSize":{"type":"integer","minimum":1,"maximum":1048576},"retention":{"type":"integer","minimum":1,"maximum":3650},"waitFor":{"type":"integer","minimum":5,"maximum":3600},"sendFrom":{"type":["string","array"],"pattern":"^~?/.+$","items":{"type":"string","pattern":"^~?/.+$"}},"documentCommand":{"type":["string","array"],"pattern":"\\S","minItems":1,"items":{"type":"string","pattern":"\\S"}},"documentTypes":{"type":["string","array"],"pattern":"^[a-z]+/[a-z0-9][a-z0-9.+-]*$","items":{"type":"string","pattern":"^[a-z]+/[a-z0-9][a-z0-9.+-]*$"}}}},"transcribe":{"$ref":"#/$defs/transcribe"},"reply":{"$ref":"#/$defs/reply"},"receipts":{"$ref":"#/$defs/receipts"},"alerts":{"type":"object","additionalProperties":false,"properties":{"command":{"type":["string","array"],"pattern":"\\S","minItems":1,"items":{"type":"string","pattern":"\\S"}},"whatsapp":{"type":"string","pattern":"^([+]?[1-9][0-9]{6,14})$"},"from":{"type":"string","pattern":"^([a-z][a-z0-9-]{0,31}|\\d+)$"},"after":{"type":"integer","minimum":1,"maximum":86400},"timeout":{"type":"integer","minimum":1,"maximum":600},"template":{"type":"string","pattern":"^[a-z0-9_]{1,512}$"},"templateLanguage":{"type":"string","pattern":"^[a-z]{2,3}(_[A-Z]{2})?$"}}},"log":{"type":"object","additionalProperties":false,"properties":{"level":{"type":"string","enum":["debug","info","warn","error"]},"format":{"type":"string","enum":["auto","text","json"]}}},"metrics":{"type":"object","additionalProperties":false,"properties":{"enable":{"type":"boolean"},"listen":{"type":"string","pattern":"^(unix:/.+|(\\[[0-9A-Fa-f:.]+\\]|[^:/\\[\\]\\s]*):(\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]))$"}}},"ui":{"type":"object","additionalProperties":false,"properties":{"enable":{"type":"boolean"},"listen":{"type":"string","pattern":"^(unix:/.+|(\\[[0-9A-Fa-f:.]+\\]|[^:/\\[\\]\\s]*):(\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]))$"},"token":{"type":"string","pattern":"^[0-9A-Za-z._~+/=-]+$"},"tokenFile":{"type":"string","pattern":"\\S"}}},"shutdown":{"type":"object","additionalProperties":false,"properties":{"timeout":{"type":"integer","minimum":0,"maximum":600}}}},"$defs":{"account":{"type":"object","additionalProperties":false,"required":["phoneNumberId"],"properties":{"phoneNumberId":{"$ref":"#/properties/kapso/properties/phoneNumberId"},"name":{"type":"string","pattern":"^[a-z][a-z0-9-]{0,31}$"},"apiKey":{"$ref":"#/properties/kapso/properties/apiKey"},"apiKeyFile":{"$ref":"#/properties/kapso/properties/apiKeyFile"},"agent":{"$ref":"#/properties/gateway/properties/agent"},"continues":{"type":"boolean"},"webhook":{"type":"object","additionalProperties":false,"properties":{"secret":{"$ref":"#/properties/webhook/properties/secret"},"secretFile":{"$ref":"#/properties/webhook/properties/secretFile"}}},"polling":{"$ref":"#/$defs/polling"},"access":{"$ref":"#/$defs/access"},"groups":{"$ref":"#/$defs/groups"},"delivery":{"$ref":"#/$defs/delivery"},"media":{"type":"object","additionalProperties":false,"properties":{"deliver":{"$ref":"#/properties/media/properties/deliver"},"maxFileSize":{"$ref":"#/properties/media/properties/maxFileSize"},"waitFor":{"$ref":"#/properties/media/properties/waitFor"},"sendFrom":{"$ref":"#/properties/media/properties/sendFrom"},"documentCommand":{"$ref":"#/properties/media/properties/documentCommand"},"documentTypes":{"$ref":"#/properties/media/properties/documentTypes"}}},"transcribe":{"$ref":"#/$defs/transcribe"},"reply":{"$ref":"#/$defs/reply"},"receipts":{"$ref":"#/$defs/receipts"}}},"polling":{"type":"object","additionalProperties":false,"properties":{"interval":{"type":"integer","minimum":5,"maximum":86400},"overlap":{"type":"integer","minimum":60,"maximum":86400},"fallback":{"type":"boolean"},"catchUp":{"type":"boolean"}}},"access":{"type":"object","additionalProperties":false,"properties":{"policy":{"type":"string","enum":["open","pairing","allowlist","disabled"]},"allowFrom":{"type":["string","array"],"pattern":"^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$","items":{"type":"string","pattern":"^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$"}},"keepDeniedText":{"type":"boolean"},"refusal":{"type":"string","pattern":"\\S"},"contacts":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["id"],"properties":{"id":{"type":"string","pattern":"^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$"},"name":{"type":"string","pattern":"\\S"},"role":{"type":"string","pattern":"^[a-z][a-z0-9-]{0,63}$"},"agent":{"type":"string","pattern":"^[a-z0-9][a-z0-9_-]{0,63}$"},"session":{"type":"string","pattern":"^[a-z0-9][a-z0-9:_+.-]{0,199}$"},"replyVia":{"type":"string","enum":["auto","relay","agent"]},"prompt":{"type":"string","pattern":"\\S"},"mode":{"type":"string","enum":["normal","monitor"]}}}},"roles":{"type":"object","additionalProperties":false,"patternProperties":{"^[a-z][a-z0-9-]{0,63}$":{"type":"object","additionalProperties":false,"properties":{"agent":{"type":"string","pattern":"^[a-z0-9][a-z0-9_-]{0,63}$"},"replyVia":{"type":"string","enum":["auto","relay","agent"]},"prompt":{"type":"string","pattern":"\\S"}}}}},"pairing":{"type":"object","additionalProperties":false,"properties":{"expires":{"type":"integer","minimum":1,"maximum":10080},"most":{"type":"integer","minimum":1,"maximum":10000},"held":{"type":"integer","minimum":1,"maximum":1000},"message":{"type":"string","pattern":"^([^{}]|[{}])*[{]code[}]([^{}]|[{}])*$"}}},"limits":{"type":"object","additionalProperties":false,"properties":{"messagesPerMinute":{"type":"integer","minimum":0,"maximum":100000},"bytesPerMinute":{"type":"integer","minimum":0,"maximum":1073741824},"runsPerMinute":{"type":"integer","minimum":0,"maximum":100000},"totalMessagesPerMinute":{"type":"integer","minimum":0,"maximum":1000000},"totalBytesPerMinute":{"type":"integer","minimum":0,"maximum":1073741824},"totalRunsPerMinute":{"type":"integer","minimum":0,"maximum":1000000},"waiting":{"type":"integer","minimum":0,"maximum":1000000},"notice":{"type":"string","pattern":"\\S"}}},"commands":{"type":"object","additionalProperties":false,"properties":{"enabled":{"type":"boolean"}}}}},"groups":{"type":"object","additionalProperties":false,"properties":{"policy":{"type":"string","enum":["disabled","allowlist","open"]},"allowFrom":{"type":["string","array"],"pattern":"^([+]?[1-9][0-9]{6,14}|[A-Za-z0-9][A-Za-z0-9_.=@+/~-]{0,127})$","items":{"type":"string","pattern":"^([+]?[1-9][0-9]{6,14}|[A-Za-z0-9][A-Za-z0-9_.=@+/~-]{0,127})$"}},"requireMention":{"type":"boolean"},"mentions":{"type":["string","array"],"pattern":"\\S","items":{"type":"string","pattern":"\\S"}}}},"delivery":{"type":"object","additionalProperties":false,"properties":{"parallel":{"type":"integer","minimum":1,"maximum":256},"contextOnly":{"type":"string","pattern":"^(none|(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion)( *, *(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion))*)$"},"gather":{"type":"integer","minimum":0,"maximum":60},"attemptsBeforeNext":{"type":"integer","minimum":1,"maximum":1000},"minAttempts":{"type":"integer","minimum":1,"maximum":1000},"giveUpAfter":{"type":"integer","minimum":1,"maximum":8760}}},"transcribe":{"type":"object","additionalProperties":false,"properties":{"provider":{"type":"string","enum":["openai","deepgram","command"]},"baseUrl":{"type":"string","pattern":"^https?://[^/?#@\\s]+(/[^?#@\\s]*)?$"},"apiKey":{"type":"string","pattern":"^[!-.0-~][!-~]*$"},"apiKeyFile":{"type":"string","pattern":"\\S"},"model":{"type":"string","pattern":"^[A-Za-z0-9@][A-Za-z0-9@._:/-]{0,199}$"},"language":{"type":"string","pattern":"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$"},"command":{"type":["string","array"],"pattern":"\\S","minItems":1,"items":{"type":"string","pattern":"\\S"}},"ffmpeg":{"type":"string","pattern":"\\S"},"timeout":{"type":"integer","minimum":1,"maximum":3600},"maxSize":{"type":"integer","minimum":1,"maximum":100},"parallel":{"type":"integer","minimum":1,"maximum":32}}},"reply":{"type":"object","additionalProperties":false,"properties":{"via":{"type":"string","enum":["auto","relay","agent"]},"lookUpFor":{"type":"integer","minimum":1,"maximum":3600},"onFailure":{"type":"string","pattern":"\\S"},"numbered":{"type":"boolean"},"template":{"type":"string","pattern":"^[a-z0-9_]{1,512}$"},"templateLanguage":{"type":"string","pattern":"^[a-z]{2,3}(_[A-Z]{2})?$"},"mediaHosts":{"type":["string","array"],"pattern":"^([*][.])?[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$","items":{"type":"string","pattern":"^([*][.])?[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$"}},"tellAgent":{"type":"boolean"}}},"receipts":{"type":"object","additionalProperties":false,"properties":{"read":{"type":"boolean"},"typing":{"type":"boolean"},"reaction":{"type":"string","pattern":"\\S"}}}}};
const func1 = Object.prototype.hasOwnProperty;
const pattern3 = new RegExp("^[!-.0-~][!-~]*$", "u");
const pattern4 = new RegExp("\\S", "u");
const pattern5 = new RegExp("^\\d+$", "u");
const pattern6 = new RegExp("^https?://[^/?#@\\s]+$", "u");
const pattern7 = new RegExp("^v\\d{1,3}\\.\\d{1,2}$", "u");
const pattern56 = new RegExp("^wss?://[^/?#@\\s]+(/[^?#@\\s]*)?$", "u");
const pattern57 = new RegExp("^\\S(.*\\S)?$", "u");
const pattern12 = new RegExp("^[a-z0-9][a-z0-9_-]{0,63}$", "u");
const pattern23 = new RegExp("^[a-z0-9][a-z0-9:_+.-]{0,199}$", "u");
const pattern62 = new RegExp("^postgres(ql)?://[^\\s]*$", "u");
const pattern64 = new RegExp("^(unix:/.+|(\\[[0-9A-Fa-f:.]+\\]|[^:/\\[\\]\\s]*):(\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]))$", "u");
const pattern65 = new RegExp("^/[A-Za-z0-9._~/-]*$", "u");
const pattern13 = new RegExp("^\\S.*$", "u");
const pattern71 = new RegExp("^https://[^/?#@\\s]+(/[^\\s?#]*)?$", "u");
const pattern36 = new RegExp("^~?/.+$", "u");
const pattern40 = new RegExp("^[a-z]+/[a-z0-9][a-z0-9.+-]*$", "u");
const pattern81 = new RegExp("^([+]?[1-9][0-9]{6,14})$", "u");
const pattern82 = new RegExp("^([a-z][a-z0-9-]{0,31}|\\d+)$", "u");
const pattern51 = new RegExp("^[a-z0-9_]{1,512}$", "u");
const pattern52 = new RegExp("^[a-z]{2,3}(_[A-Z]{2})?$", "u");
const pattern87 = new RegExp("^[0-9A-Za-z._~+/=-]+$", "u");
const schema20 = {"type":"object","additionalProperties":false,"required":["phoneNumberId"],"properties":{"phoneNumberId":{"$ref":"#/properties/kapso/properties/phoneNumberId"},"name":{"type":"string","pattern":"^[a-z][a-z0-9-]{0,31}$"},"apiKey":{"$ref":"#/properties/kapso/properties/apiKey"},"apiKeyFile":{"$ref":"#/properties/kapso/properties/apiKeyFile"},"agent":{"$ref":"#/properties/gateway/properties/agent"},"continues":{"type":"boolean"},"webhook":{"type":"object","additionalProperties":false,"properties":{"secret":{"$ref":"#/properties/webhook/properties/secret"},"secretFile":{"$ref":"#/properties/webhook/properties/secretFile"}}},"polling":{"$ref":"#/$defs/polling"},"access":{"$ref":"#/$defs/access"},"groups":{"$ref":"#/$defs/groups"},"delivery":{"$ref":"#/$defs/delivery"},"media":{"type":"object","additionalProperties":false,"properties":{"deliver":{"$ref":"#/properties/media/properties/deliver"},"maxFileSize":{"$ref":"#/properties/media/properties/maxFileSize"},"waitFor":{"$ref":"#/properties/media/properties/waitFor"},"sendFrom":{"$ref":"#/properties/media/properties/sendFrom"},"documentCommand":{"$ref":"#/properties/media/properties/documentCommand"},"documentTypes":{"$ref":"#/properties/media/properties/documentTypes"}}},"transcribe":{"$ref":"#/$defs/transcribe"},"reply":{"$ref":"#/$defs/reply"},"receipts":{"$ref":"#/$defs/receipts"}}};
const schema21 = {"type":"string","pattern":"^\\d+$"};

function validate54(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate54.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(typeof data === "string"){
if(!pattern5.test(data)){
const err0 = {instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "^\\d+$"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate54.errors = vErrors;
return errors === 0;
}
validate54.evaluated = {"dynamicProps":false,"dynamicItems":false};

const schema22 = {"type":"string","pattern":"^[!-.0-~][!-~]*$"};

function validate56(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate56.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(typeof data === "string"){
if(!pattern3.test(data)){
const err0 = {instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "^[!-.0-~][!-~]*$"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate56.errors = vErrors;
return errors === 0;
}
validate56.evaluated = {"dynamicProps":false,"dynamicItems":false};

const schema23 = {"type":"string","pattern":"\\S"};

function validate58(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate58.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(typeof data === "string"){
if(!pattern4.test(data)){
const err0 = {instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate58.errors = vErrors;
return errors === 0;
}
validate58.evaluated = {"dynamicProps":false,"dynamicItems":false};

const schema24 = {"type":"string","pattern":"^[a-z0-9][a-z0-9_-]{0,63}$"};

function validate60(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate60.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(typeof data === "string"){
if(!pattern12.test(data)){
const err0 = {instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9][a-z0-9_-]{0,63}$"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate60.errors = vErrors;
return errors === 0;
}
validate60.evaluated = {"dynamicProps":false,"dynamicItems":false};

const schema25 = {"type":["string","array"],"pattern":"^\\S.*$","minItems":1,"items":{"type":"string","pattern":"^\\S.*$"}};

function validate62(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate62.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if((typeof data !== "string") && (!(Array.isArray(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema25.type}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(typeof data === "string"){
if(!pattern13.test(data)){
const err1 = {instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "^\\S.*$"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(Array.isArray(data)){
if(data.length < 1){
const err2 = {instancePath,schemaPath:"#/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
let data0 = data[i0];
if(typeof data0 === "string"){
if(!pattern13.test(data0)){
const err3 = {instancePath:instancePath+"/" + i0,schemaPath:"#/items/pattern",keyword:"pattern",params:{pattern: "^\\S.*$"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
else {
const err4 = {instancePath:instancePath+"/" + i0,schemaPath:"#/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
validate62.errors = vErrors;
return errors === 0;
}
validate62.evaluated = {"items":true,"dynamicProps":false,"dynamicItems":false};

const schema26 = {"type":"string","pattern":"\\S"};

function validate64(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate64.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(typeof data === "string"){
if(!pattern4.test(data)){
const err0 = {instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate64.errors = vErrors;
return errors === 0;
}
validate64.evaluated = {"dynamicProps":false,"dynamicItems":false};

const schema27 = {"type":"object","additionalProperties":false,"properties":{"interval":{"type":"integer","minimum":5,"maximum":86400},"overlap":{"type":"integer","minimum":60,"maximum":86400},"fallback":{"type":"boolean"},"catchUp":{"type":"boolean"}}};

function validate66(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate66.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((key0 === "interval") || (key0 === "overlap")) || (key0 === "fallback")) || (key0 === "catchUp"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.interval !== undefined){
let data0 = data.interval;
if(!(((typeof data0 == "number") && (!(data0 % 1) && !isNaN(data0))) && (isFinite(data0)))){
const err1 = {instancePath:instancePath+"/interval",schemaPath:"#/properties/interval/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if((typeof data0 == "number") && (isFinite(data0))){
if(data0 > 86400 || isNaN(data0)){
const err2 = {instancePath:instancePath+"/interval",schemaPath:"#/properties/interval/maximum",keyword:"maximum",params:{comparison: "<=", limit: 86400}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(data0 < 5 || isNaN(data0)){
const err3 = {instancePath:instancePath+"/interval",schemaPath:"#/properties/interval/minimum",keyword:"minimum",params:{comparison: ">=", limit: 5}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
}
if(data.overlap !== undefined){
let data1 = data.overlap;
if(!(((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1))) && (isFinite(data1)))){
const err4 = {instancePath:instancePath+"/overlap",schemaPath:"#/properties/overlap/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 86400 || isNaN(data1)){
const err5 = {instancePath:instancePath+"/overlap",schemaPath:"#/properties/overlap/maximum",keyword:"maximum",params:{comparison: "<=", limit: 86400}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if(data1 < 60 || isNaN(data1)){
const err6 = {instancePath:instancePath+"/overlap",schemaPath:"#/properties/overlap/minimum",keyword:"minimum",params:{comparison: ">=", limit: 60}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
}
if(data.fallback !== undefined){
if(typeof data.fallback !== "boolean"){
const err7 = {instancePath:instancePath+"/fallback",schemaPath:"#/properties/fallback/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.catchUp !== undefined){
if(typeof data.catchUp !== "boolean"){
const err8 = {instancePath:instancePath+"/catchUp",schemaPath:"#/properties/catchUp/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
}
else {
const err9 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
validate66.errors = vErrors;
return errors === 0;
}
validate66.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

const schema28 = {"type":"object","additionalProperties":false,"properties":{"policy":{"type":"string","enum":["open","pairing","allowlist","disabled"]},"allowFrom":{"type":["string","array"],"pattern":"^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$","items":{"type":"string","pattern":"^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$"}},"keepDeniedText":{"type":"boolean"},"refusal":{"type":"string","pattern":"\\S"},"contacts":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["id"],"properties":{"id":{"type":"string","pattern":"^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$"},"name":{"type":"string","pattern":"\\S"},"role":{"type":"string","pattern":"^[a-z][a-z0-9-]{0,63}$"},"agent":{"type":"string","pattern":"^[a-z0-9][a-z0-9_-]{0,63}$"},"session":{"type":"string","pattern":"^[a-z0-9][a-z0-9:_+.-]{0,199}$"},"replyVia":{"type":"string","enum":["auto","relay","agent"]},"prompt":{"type":"string","pattern":"\\S"},"mode":{"type":"string","enum":["normal","monitor"]}}}},"roles":{"type":"object","additionalProperties":false,"patternProperties":{"^[a-z][a-z0-9-]{0,63}$":{"type":"object","additionalProperties":false,"properties":{"agent":{"type":"string","pattern":"^[a-z0-9][a-z0-9_-]{0,63}$"},"replyVia":{"type":"string","enum":["auto","relay","agent"]},"prompt":{"type":"string","pattern":"\\S"}}}}},"pairing":{"type":"object","additionalProperties":false,"properties":{"expires":{"type":"integer","minimum":1,"maximum":10080},"most":{"type":"integer","minimum":1,"maximum":10000},"held":{"type":"integer","minimum":1,"maximum":1000},"message":{"type":"string","pattern":"^([^{}]|[{}])*[{]code[}]([^{}]|[{}])*$"}}},"limits":{"type":"object","additionalProperties":false,"properties":{"messagesPerMinute":{"type":"integer","minimum":0,"maximum":100000},"bytesPerMinute":{"type":"integer","minimum":0,"maximum":1073741824},"runsPerMinute":{"type":"integer","minimum":0,"maximum":100000},"totalMessagesPerMinute":{"type":"integer","minimum":0,"maximum":1000000},"totalBytesPerMinute":{"type":"integer","minimum":0,"maximum":1073741824},"totalRunsPerMinute":{"type":"integer","minimum":0,"maximum":1000000},"waiting":{"type":"integer","minimum":0,"maximum":1000000},"notice":{"type":"string","pattern":"\\S"}}},"commands":{"type":"object","additionalProperties":false,"properties":{"enabled":{"type":"boolean"}}}}};
const pattern16 = new RegExp("^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$", "u");
const pattern21 = new RegExp("^[a-z][a-z0-9-]{0,63}$", "u");
const pattern29 = new RegExp("^([^{}]|[{}])*[{]code[}]([^{}]|[{}])*$", "u");

function validate68(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate68.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func1.call(schema28.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.policy !== undefined){
let data0 = data.policy;
if(typeof data0 !== "string"){
const err1 = {instancePath:instancePath+"/policy",schemaPath:"#/properties/policy/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(!((((data0 === "open") || (data0 === "pairing")) || (data0 === "allowlist")) || (data0 === "disabled"))){
const err2 = {instancePath:instancePath+"/policy",schemaPath:"#/properties/policy/enum",keyword:"enum",params:{allowedValues: schema28.properties.policy.enum}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.allowFrom !== undefined){
let data1 = data.allowFrom;
if((typeof data1 !== "string") && (!(Array.isArray(data1)))){
const err3 = {instancePath:instancePath+"/allowFrom",schemaPath:"#/properties/allowFrom/type",keyword:"type",params:{type: schema28.properties.allowFrom.type}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(typeof data1 === "string"){
if(!pattern16.test(data1)){
const err4 = {instancePath:instancePath+"/allowFrom",schemaPath:"#/properties/allowFrom/pattern",keyword:"pattern",params:{pattern: "^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(Array.isArray(data1)){
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
let data2 = data1[i0];
if(typeof data2 === "string"){
if(!pattern16.test(data2)){
const err5 = {instancePath:instancePath+"/allowFrom/" + i0,schemaPath:"#/properties/allowFrom/items/pattern",keyword:"pattern",params:{pattern: "^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
else {
const err6 = {instancePath:instancePath+"/allowFrom/" + i0,schemaPath:"#/properties/allowFrom/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
}
}
if(data.keepDeniedText !== undefined){
if(typeof data.keepDeniedText !== "boolean"){
const err7 = {instancePath:instancePath+"/keepDeniedText",schemaPath:"#/properties/keepDeniedText/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.refusal !== undefined){
let data4 = data.refusal;
if(typeof data4 === "string"){
if(!pattern4.test(data4)){
const err8 = {instancePath:instancePath+"/refusal",schemaPath:"#/properties/refusal/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
else {
const err9 = {instancePath:instancePath+"/refusal",schemaPath:"#/properties/refusal/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data.contacts !== undefined){
let data5 = data.contacts;
if(Array.isArray(data5)){
const len1 = data5.length;
for(let i1=0; i1<len1; i1++){
let data6 = data5[i1];
if(data6 && typeof data6 == "object" && !Array.isArray(data6)){
if(data6.id === undefined){
const err10 = {instancePath:instancePath+"/contacts/" + i1,schemaPath:"#/properties/contacts/items/required",keyword:"required",params:{missingProperty: "id"}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
for(const key1 in data6){
if(!((((((((key1 === "id") || (key1 === "name")) || (key1 === "role")) || (key1 === "agent")) || (key1 === "session")) || (key1 === "replyVia")) || (key1 === "prompt")) || (key1 === "mode"))){
const err11 = {instancePath:instancePath+"/contacts/" + i1,schemaPath:"#/properties/contacts/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data6.id !== undefined){
let data7 = data6.id;
if(typeof data7 === "string"){
if(!pattern16.test(data7)){
const err12 = {instancePath:instancePath+"/contacts/" + i1+"/id",schemaPath:"#/properties/contacts/items/properties/id/pattern",keyword:"pattern",params:{pattern: "^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$"}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
else {
const err13 = {instancePath:instancePath+"/contacts/" + i1+"/id",schemaPath:"#/properties/contacts/items/properties/id/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
if(data6.name !== undefined){
let data8 = data6.name;
if(typeof data8 === "string"){
if(!pattern4.test(data8)){
const err14 = {instancePath:instancePath+"/contacts/" + i1+"/name",schemaPath:"#/properties/contacts/items/properties/name/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/contacts/" + i1+"/name",schemaPath:"#/properties/contacts/items/properties/name/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
if(data6.role !== undefined){
let data9 = data6.role;
if(typeof data9 === "string"){
if(!pattern21.test(data9)){
const err16 = {instancePath:instancePath+"/contacts/" + i1+"/role",schemaPath:"#/properties/contacts/items/properties/role/pattern",keyword:"pattern",params:{pattern: "^[a-z][a-z0-9-]{0,63}$"}};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
else {
const err17 = {instancePath:instancePath+"/contacts/" + i1+"/role",schemaPath:"#/properties/contacts/items/properties/role/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
if(data6.agent !== undefined){
let data10 = data6.agent;
if(typeof data10 === "string"){
if(!pattern12.test(data10)){
const err18 = {instancePath:instancePath+"/contacts/" + i1+"/agent",schemaPath:"#/properties/contacts/items/properties/agent/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9][a-z0-9_-]{0,63}$"}};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
else {
const err19 = {instancePath:instancePath+"/contacts/" + i1+"/agent",schemaPath:"#/properties/contacts/items/properties/agent/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
if(data6.session !== undefined){
let data11 = data6.session;
if(typeof data11 === "string"){
if(!pattern23.test(data11)){
const err20 = {instancePath:instancePath+"/contacts/" + i1+"/session",schemaPath:"#/properties/contacts/items/properties/session/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9][a-z0-9:_+.-]{0,199}$"}};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
else {
const err21 = {instancePath:instancePath+"/contacts/" + i1+"/session",schemaPath:"#/properties/contacts/items/properties/session/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
if(data6.replyVia !== undefined){
let data12 = data6.replyVia;
if(typeof data12 !== "string"){
const err22 = {instancePath:instancePath+"/contacts/" + i1+"/replyVia",schemaPath:"#/properties/contacts/items/properties/replyVia/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
if(!(((data12 === "auto") || (data12 === "relay")) || (data12 === "agent"))){
const err23 = {instancePath:instancePath+"/contacts/" + i1+"/replyVia",schemaPath:"#/properties/contacts/items/properties/replyVia/enum",keyword:"enum",params:{allowedValues: schema28.properties.contacts.items.properties.replyVia.enum}};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
if(data6.prompt !== undefined){
let data13 = data6.prompt;
if(typeof data13 === "string"){
if(!pattern4.test(data13)){
const err24 = {instancePath:instancePath+"/contacts/" + i1+"/prompt",schemaPath:"#/properties/contacts/items/properties/prompt/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
else {
const err25 = {instancePath:instancePath+"/contacts/" + i1+"/prompt",schemaPath:"#/properties/contacts/items/properties/prompt/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
if(data6.mode !== undefined){
let data14 = data6.mode;
if(typeof data14 !== "string"){
const err26 = {instancePath:instancePath+"/contacts/" + i1+"/mode",schemaPath:"#/properties/contacts/items/properties/mode/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
if(!((data14 === "normal") || (data14 === "monitor"))){
const err27 = {instancePath:instancePath+"/contacts/" + i1+"/mode",schemaPath:"#/properties/contacts/items/properties/mode/enum",keyword:"enum",params:{allowedValues: schema28.properties.contacts.items.properties.mode.enum}};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
}
else {
const err28 = {instancePath:instancePath+"/contacts/" + i1,schemaPath:"#/properties/contacts/items/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
}
else {
const err29 = {instancePath:instancePath+"/contacts",schemaPath:"#/properties/contacts/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
if(data.roles !== undefined){
let data15 = data.roles;
if(data15 && typeof data15 == "object" && !Array.isArray(data15)){
for(const key2 in data15){
if(!(pattern21.test(key2))){
const err30 = {instancePath:instancePath+"/roles",schemaPath:"#/properties/roles/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2}};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
for(const key3 in data15){
if(pattern21.test(key3)){
let data16 = data15[key3];
if(data16 && typeof data16 == "object" && !Array.isArray(data16)){
for(const key4 in data16){
if(!(((key4 === "agent") || (key4 === "replyVia")) || (key4 === "prompt"))){
const err31 = {instancePath:instancePath+"/roles/" + key3.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/roles/patternProperties/%5E%5Ba-z%5D%5Ba-z0-9-%5D%7B0%2C63%7D%24/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4}};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
if(data16.agent !== undefined){
let data17 = data16.agent;
if(typeof data17 === "string"){
if(!pattern12.test(data17)){
const err32 = {instancePath:instancePath+"/roles/" + key3.replace(/~/g, "~0").replace(/\//g, "~1")+"/agent",schemaPath:"#/properties/roles/patternProperties/%5E%5Ba-z%5D%5Ba-z0-9-%5D%7B0%2C63%7D%24/properties/agent/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9][a-z0-9_-]{0,63}$"}};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
else {
const err33 = {instancePath:instancePath+"/roles/" + key3.replace(/~/g, "~0").replace(/\//g, "~1")+"/agent",schemaPath:"#/properties/roles/patternProperties/%5E%5Ba-z%5D%5Ba-z0-9-%5D%7B0%2C63%7D%24/properties/agent/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
if(data16.replyVia !== undefined){
let data18 = data16.replyVia;
if(typeof data18 !== "string"){
const err34 = {instancePath:instancePath+"/roles/" + key3.replace(/~/g, "~0").replace(/\//g, "~1")+"/replyVia",schemaPath:"#/properties/roles/patternProperties/%5E%5Ba-z%5D%5Ba-z0-9-%5D%7B0%2C63%7D%24/properties/replyVia/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
if(!(((data18 === "auto") || (data18 === "relay")) || (data18 === "agent"))){
const err35 = {instancePath:instancePath+"/roles/" + key3.replace(/~/g, "~0").replace(/\//g, "~1")+"/replyVia",schemaPath:"#/properties/roles/patternProperties/%5E%5Ba-z%5D%5Ba-z0-9-%5D%7B0%2C63%7D%24/properties/replyVia/enum",keyword:"enum",params:{allowedValues: schema28.properties.roles.patternProperties["^[a-z][a-z0-9-]{0,63}$"].properties.replyVia.enum}};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
if(data16.prompt !== undefined){
let data19 = data16.prompt;
if(typeof data19 === "string"){
if(!pattern4.test(data19)){
const err36 = {instancePath:instancePath+"/roles/" + key3.replace(/~/g, "~0").replace(/\//g, "~1")+"/prompt",schemaPath:"#/properties/roles/patternProperties/%5E%5Ba-z%5D%5Ba-z0-9-%5D%7B0%2C63%7D%24/properties/prompt/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
}
else {
const err37 = {instancePath:instancePath+"/roles/" + key3.replace(/~/g, "~0").replace(/\//g, "~1")+"/prompt",schemaPath:"#/properties/roles/patternProperties/%5E%5Ba-z%5D%5Ba-z0-9-%5D%7B0%2C63%7D%24/properties/prompt/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
}
else {
const err38 = {instancePath:instancePath+"/roles/" + key3.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/roles/patternProperties/%5E%5Ba-z%5D%5Ba-z0-9-%5D%7B0%2C63%7D%24/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
}
}
else {
const err39 = {instancePath:instancePath+"/roles",schemaPath:"#/properties/roles/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
if(data.pairing !== undefined){
let data20 = data.pairing;
if(data20 && typeof data20 == "object" && !Array.isArray(data20)){
for(const key5 in data20){
if(!((((key5 === "expires") || (key5 === "most")) || (key5 === "held")) || (key5 === "message"))){
const err40 = {instancePath:instancePath+"/pairing",schemaPath:"#/properties/pairing/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5}};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
}
if(data20.expires !== undefined){
let data21 = data20.expires;
if(!(((typeof data21 == "number") && (!(data21 % 1) && !isNaN(data21))) && (isFinite(data21)))){
const err41 = {instancePath:instancePath+"/pairing/expires",schemaPath:"#/properties/pairing/properties/expires/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
if((typeof data21 == "number") && (isFinite(data21))){
if(data21 > 10080 || isNaN(data21)){
const err42 = {instancePath:instancePath+"/pairing/expires",schemaPath:"#/properties/pairing/properties/expires/maximum",keyword:"maximum",params:{comparison: "<=", limit: 10080}};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
if(data21 < 1 || isNaN(data21)){
const err43 = {instancePath:instancePath+"/pairing/expires",schemaPath:"#/properties/pairing/properties/expires/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
}
}
if(data20.most !== undefined){
let data22 = data20.most;
if(!(((typeof data22 == "number") && (!(data22 % 1) && !isNaN(data22))) && (isFinite(data22)))){
const err44 = {instancePath:instancePath+"/pairing/most",schemaPath:"#/properties/pairing/properties/most/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
if((typeof data22 == "number") && (isFinite(data22))){
if(data22 > 10000 || isNaN(data22)){
const err45 = {instancePath:instancePath+"/pairing/most",schemaPath:"#/properties/pairing/properties/most/maximum",keyword:"maximum",params:{comparison: "<=", limit: 10000}};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
if(data22 < 1 || isNaN(data22)){
const err46 = {instancePath:instancePath+"/pairing/most",schemaPath:"#/properties/pairing/properties/most/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
}
}
if(data20.held !== undefined){
let data23 = data20.held;
if(!(((typeof data23 == "number") && (!(data23 % 1) && !isNaN(data23))) && (isFinite(data23)))){
const err47 = {instancePath:instancePath+"/pairing/held",schemaPath:"#/properties/pairing/properties/held/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
if((typeof data23 == "number") && (isFinite(data23))){
if(data23 > 1000 || isNaN(data23)){
const err48 = {instancePath:instancePath+"/pairing/held",schemaPath:"#/properties/pairing/properties/held/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000}};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
if(data23 < 1 || isNaN(data23)){
const err49 = {instancePath:instancePath+"/pairing/held",schemaPath:"#/properties/pairing/properties/held/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
}
}
if(data20.message !== undefined){
let data24 = data20.message;
if(typeof data24 === "string"){
if(!pattern29.test(data24)){
const err50 = {instancePath:instancePath+"/pairing/message",schemaPath:"#/properties/pairing/properties/message/pattern",keyword:"pattern",params:{pattern: "^([^{}]|[{}])*[{]code[}]([^{}]|[{}])*$"}};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
}
else {
const err51 = {instancePath:instancePath+"/pairing/message",schemaPath:"#/properties/pairing/properties/message/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
}
}
else {
const err52 = {instancePath:instancePath+"/pairing",schemaPath:"#/properties/pairing/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
}
if(data.limits !== undefined){
let data25 = data.limits;
if(data25 && typeof data25 == "object" && !Array.isArray(data25)){
for(const key6 in data25){
if(!((((((((key6 === "messagesPerMinute") || (key6 === "bytesPerMinute")) || (key6 === "runsPerMinute")) || (key6 === "totalMessagesPerMinute")) || (key6 === "totalBytesPerMinute")) || (key6 === "totalRunsPerMinute")) || (key6 === "waiting")) || (key6 === "notice"))){
const err53 = {instancePath:instancePath+"/limits",schemaPath:"#/properties/limits/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6}};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
}
if(data25.messagesPerMinute !== undefined){
let data26 = data25.messagesPerMinute;
if(!(((typeof data26 == "number") && (!(data26 % 1) && !isNaN(data26))) && (isFinite(data26)))){
const err54 = {instancePath:instancePath+"/limits/messagesPerMinute",schemaPath:"#/properties/limits/properties/messagesPerMinute/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
if((typeof data26 == "number") && (isFinite(data26))){
if(data26 > 100000 || isNaN(data26)){
const err55 = {instancePath:instancePath+"/limits/messagesPerMinute",schemaPath:"#/properties/limits/properties/messagesPerMinute/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100000}};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
if(data26 < 0 || isNaN(data26)){
const err56 = {instancePath:instancePath+"/limits/messagesPerMinute",schemaPath:"#/properties/limits/properties/messagesPerMinute/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
}
}
if(data25.bytesPerMinute !== undefined){
let data27 = data25.bytesPerMinute;
if(!(((typeof data27 == "number") && (!(data27 % 1) && !isNaN(data27))) && (isFinite(data27)))){
const err57 = {instancePath:instancePath+"/limits/bytesPerMinute",schemaPath:"#/properties/limits/properties/bytesPerMinute/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
if((typeof data27 == "number") && (isFinite(data27))){
if(data27 > 1073741824 || isNaN(data27)){
const err58 = {instancePath:instancePath+"/limits/bytesPerMinute",schemaPath:"#/properties/limits/properties/bytesPerMinute/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1073741824}};
if(vErrors === null){
vErrors = [err58];
}
else {
vErrors.push(err58);
}
errors++;
}
if(data27 < 0 || isNaN(data27)){
const err59 = {instancePath:instancePath+"/limits/bytesPerMinute",schemaPath:"#/properties/limits/properties/bytesPerMinute/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err59];
}
else {
vErrors.push(err59);
}
errors++;
}
}
}
if(data25.runsPerMinute !== undefined){
let data28 = data25.runsPerMinute;
if(!(((typeof data28 == "number") && (!(data28 % 1) && !isNaN(data28))) && (isFinite(data28)))){
const err60 = {instancePath:instancePath+"/limits/runsPerMinute",schemaPath:"#/properties/limits/properties/runsPerMinute/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err60];
}
else {
vErrors.push(err60);
}
errors++;
}
if((typeof data28 == "number") && (isFinite(data28))){
if(data28 > 100000 || isNaN(data28)){
const err61 = {instancePath:instancePath+"/limits/runsPerMinute",schemaPath:"#/properties/limits/properties/runsPerMinute/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100000}};
if(vErrors === null){
vErrors = [err61];
}
else {
vErrors.push(err61);
}
errors++;
}
if(data28 < 0 || isNaN(data28)){
const err62 = {instancePath:instancePath+"/limits/runsPerMinute",schemaPath:"#/properties/limits/properties/runsPerMinute/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err62];
}
else {
vErrors.push(err62);
}
errors++;
}
}
}
if(data25.totalMessagesPerMinute !== undefined){
let data29 = data25.totalMessagesPerMinute;
if(!(((typeof data29 == "number") && (!(data29 % 1) && !isNaN(data29))) && (isFinite(data29)))){
const err63 = {instancePath:instancePath+"/limits/totalMessagesPerMinute",schemaPath:"#/properties/limits/properties/totalMessagesPerMinute/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err63];
}
else {
vErrors.push(err63);
}
errors++;
}
if((typeof data29 == "number") && (isFinite(data29))){
if(data29 > 1000000 || isNaN(data29)){
const err64 = {instancePath:instancePath+"/limits/totalMessagesPerMinute",schemaPath:"#/properties/limits/properties/totalMessagesPerMinute/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000}};
if(vErrors === null){
vErrors = [err64];
}
else {
vErrors.push(err64);
}
errors++;
}
if(data29 < 0 || isNaN(data29)){
const err65 = {instancePath:instancePath+"/limits/totalMessagesPerMinute",schemaPath:"#/properties/limits/properties/totalMessagesPerMinute/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err65];
}
else {
vErrors.push(err65);
}
errors++;
}
}
}
if(data25.totalBytesPerMinute !== undefined){
let data30 = data25.totalBytesPerMinute;
if(!(((typeof data30 == "number") && (!(data30 % 1) && !isNaN(data30))) && (isFinite(data30)))){
const err66 = {instancePath:instancePath+"/limits/totalBytesPerMinute",schemaPath:"#/properties/limits/properties/totalBytesPerMinute/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err66];
}
else {
vErrors.push(err66);
}
errors++;
}
if((typeof data30 == "number") && (isFinite(data30))){
if(data30 > 1073741824 || isNaN(data30)){
const err67 = {instancePath:instancePath+"/limits/totalBytesPerMinute",schemaPath:"#/properties/limits/properties/totalBytesPerMinute/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1073741824}};
if(vErrors === null){
vErrors = [err67];
}
else {
vErrors.push(err67);
}
errors++;
}
if(data30 < 0 || isNaN(data30)){
const err68 = {instancePath:instancePath+"/limits/totalBytesPerMinute",schemaPath:"#/properties/limits/properties/totalBytesPerMinute/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err68];
}
else {
vErrors.push(err68);
}
errors++;
}
}
}
if(data25.totalRunsPerMinute !== undefined){
let data31 = data25.totalRunsPerMinute;
if(!(((typeof data31 == "number") && (!(data31 % 1) && !isNaN(data31))) && (isFinite(data31)))){
const err69 = {instancePath:instancePath+"/limits/totalRunsPerMinute",schemaPath:"#/properties/limits/properties/totalRunsPerMinute/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err69];
}
else {
vErrors.push(err69);
}
errors++;
}
if((typeof data31 == "number") && (isFinite(data31))){
if(data31 > 1000000 || isNaN(data31)){
const err70 = {instancePath:instancePath+"/limits/totalRunsPerMinute",schemaPath:"#/properties/limits/properties/totalRunsPerMinute/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000}};
if(vErrors === null){
vErrors = [err70];
}
else {
vErrors.push(err70);
}
errors++;
}
if(data31 < 0 || isNaN(data31)){
const err71 = {instancePath:instancePath+"/limits/totalRunsPerMinute",schemaPath:"#/properties/limits/properties/totalRunsPerMinute/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err71];
}
else {
vErrors.push(err71);
}
errors++;
}
}
}
if(data25.waiting !== undefined){
let data32 = data25.waiting;
if(!(((typeof data32 == "number") && (!(data32 % 1) && !isNaN(data32))) && (isFinite(data32)))){
const err72 = {instancePath:instancePath+"/limits/waiting",schemaPath:"#/properties/limits/properties/waiting/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err72];
}
else {
vErrors.push(err72);
}
errors++;
}
if((typeof data32 == "number") && (isFinite(data32))){
if(data32 > 1000000 || isNaN(data32)){
const err73 = {instancePath:instancePath+"/limits/waiting",schemaPath:"#/properties/limits/properties/waiting/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000}};
if(vErrors === null){
vErrors = [err73];
}
else {
vErrors.push(err73);
}
errors++;
}
if(data32 < 0 || isNaN(data32)){
const err74 = {instancePath:instancePath+"/limits/waiting",schemaPath:"#/properties/limits/properties/waiting/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err74];
}
else {
vErrors.push(err74);
}
errors++;
}
}
}
if(data25.notice !== undefined){
let data33 = data25.notice;
if(typeof data33 === "string"){
if(!pattern4.test(data33)){
const err75 = {instancePath:instancePath+"/limits/notice",schemaPath:"#/properties/limits/properties/notice/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err75];
}
else {
vErrors.push(err75);
}
errors++;
}
}
else {
const err76 = {instancePath:instancePath+"/limits/notice",schemaPath:"#/properties/limits/properties/notice/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err76];
}
else {
vErrors.push(err76);
}
errors++;
}
}
}
else {
const err77 = {instancePath:instancePath+"/limits",schemaPath:"#/properties/limits/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err77];
}
else {
vErrors.push(err77);
}
errors++;
}
}
if(data.commands !== undefined){
let data34 = data.commands;
if(data34 && typeof data34 == "object" && !Array.isArray(data34)){
for(const key7 in data34){
if(!(key7 === "enabled")){
const err78 = {instancePath:instancePath+"/commands",schemaPath:"#/properties/commands/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key7}};
if(vErrors === null){
vErrors = [err78];
}
else {
vErrors.push(err78);
}
errors++;
}
}
if(data34.enabled !== undefined){
if(typeof data34.enabled !== "boolean"){
const err79 = {instancePath:instancePath+"/commands/enabled",schemaPath:"#/properties/commands/properties/enabled/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err79];
}
else {
vErrors.push(err79);
}
errors++;
}
}
}
else {
const err80 = {instancePath:instancePath+"/commands",schemaPath:"#/properties/commands/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err80];
}
else {
vErrors.push(err80);
}
errors++;
}
}
}
else {
const err81 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err81];
}
else {
vErrors.push(err81);
}
errors++;
}
validate68.errors = vErrors;
return errors === 0;
}
validate68.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

const schema29 = {"type":"object","additionalProperties":false,"properties":{"policy":{"type":"string","enum":["disabled","allowlist","open"]},"allowFrom":{"type":["string","array"],"pattern":"^([+]?[1-9][0-9]{6,14}|[A-Za-z0-9][A-Za-z0-9_.=@+/~-]{0,127})$","items":{"type":"string","pattern":"^([+]?[1-9][0-9]{6,14}|[A-Za-z0-9][A-Za-z0-9_.=@+/~-]{0,127})$"}},"requireMention":{"type":"boolean"},"mentions":{"type":["string","array"],"pattern":"\\S","items":{"type":"string","pattern":"\\S"}}}};
const pattern31 = new RegExp("^([+]?[1-9][0-9]{6,14}|[A-Za-z0-9][A-Za-z0-9_.=@+/~-]{0,127})$", "u");

function validate70(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate70.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((key0 === "policy") || (key0 === "allowFrom")) || (key0 === "requireMention")) || (key0 === "mentions"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.policy !== undefined){
let data0 = data.policy;
if(typeof data0 !== "string"){
const err1 = {instancePath:instancePath+"/policy",schemaPath:"#/properties/policy/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(!(((data0 === "disabled") || (data0 === "allowlist")) || (data0 === "open"))){
const err2 = {instancePath:instancePath+"/policy",schemaPath:"#/properties/policy/enum",keyword:"enum",params:{allowedValues: schema29.properties.policy.enum}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.allowFrom !== undefined){
let data1 = data.allowFrom;
if((typeof data1 !== "string") && (!(Array.isArray(data1)))){
const err3 = {instancePath:instancePath+"/allowFrom",schemaPath:"#/properties/allowFrom/type",keyword:"type",params:{type: schema29.properties.allowFrom.type}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(typeof data1 === "string"){
if(!pattern31.test(data1)){
const err4 = {instancePath:instancePath+"/allowFrom",schemaPath:"#/properties/allowFrom/pattern",keyword:"pattern",params:{pattern: "^([+]?[1-9][0-9]{6,14}|[A-Za-z0-9][A-Za-z0-9_.=@+/~-]{0,127})$"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(Array.isArray(data1)){
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
let data2 = data1[i0];
if(typeof data2 === "string"){
if(!pattern31.test(data2)){
const err5 = {instancePath:instancePath+"/allowFrom/" + i0,schemaPath:"#/properties/allowFrom/items/pattern",keyword:"pattern",params:{pattern: "^([+]?[1-9][0-9]{6,14}|[A-Za-z0-9][A-Za-z0-9_.=@+/~-]{0,127})$"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
else {
const err6 = {instancePath:instancePath+"/allowFrom/" + i0,schemaPath:"#/properties/allowFrom/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
}
}
if(data.requireMention !== undefined){
if(typeof data.requireMention !== "boolean"){
const err7 = {instancePath:instancePath+"/requireMention",schemaPath:"#/properties/requireMention/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.mentions !== undefined){
let data4 = data.mentions;
if((typeof data4 !== "string") && (!(Array.isArray(data4)))){
const err8 = {instancePath:instancePath+"/mentions",schemaPath:"#/properties/mentions/type",keyword:"type",params:{type: schema29.properties.mentions.type}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if(typeof data4 === "string"){
if(!pattern4.test(data4)){
const err9 = {instancePath:instancePath+"/mentions",schemaPath:"#/properties/mentions/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(Array.isArray(data4)){
const len1 = data4.length;
for(let i1=0; i1<len1; i1++){
let data5 = data4[i1];
if(typeof data5 === "string"){
if(!pattern4.test(data5)){
const err10 = {instancePath:instancePath+"/mentions/" + i1,schemaPath:"#/properties/mentions/items/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
else {
const err11 = {instancePath:instancePath+"/mentions/" + i1,schemaPath:"#/properties/mentions/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
}
}
}
else {
const err12 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
validate70.errors = vErrors;
return errors === 0;
}
validate70.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

const schema30 = {"type":"object","additionalProperties":false,"properties":{"parallel":{"type":"integer","minimum":1,"maximum":256},"contextOnly":{"type":"string","pattern":"^(none|(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion)( *, *(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion))*)$"},"gather":{"type":"integer","minimum":0,"maximum":60},"attemptsBeforeNext":{"type":"integer","minimum":1,"maximum":1000},"minAttempts":{"type":"integer","minimum":1,"maximum":1000},"giveUpAfter":{"type":"integer","minimum":1,"maximum":8760}}};
const pattern35 = new RegExp("^(none|(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion)( *, *(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion))*)$", "u");

function validate72(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate72.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((((key0 === "parallel") || (key0 === "contextOnly")) || (key0 === "gather")) || (key0 === "attemptsBeforeNext")) || (key0 === "minAttempts")) || (key0 === "giveUpAfter"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.parallel !== undefined){
let data0 = data.parallel;
if(!(((typeof data0 == "number") && (!(data0 % 1) && !isNaN(data0))) && (isFinite(data0)))){
const err1 = {instancePath:instancePath+"/parallel",schemaPath:"#/properties/parallel/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if((typeof data0 == "number") && (isFinite(data0))){
if(data0 > 256 || isNaN(data0)){
const err2 = {instancePath:instancePath+"/parallel",schemaPath:"#/properties/parallel/maximum",keyword:"maximum",params:{comparison: "<=", limit: 256}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(data0 < 1 || isNaN(data0)){
const err3 = {instancePath:instancePath+"/parallel",schemaPath:"#/properties/parallel/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
}
if(data.contextOnly !== undefined){
let data1 = data.contextOnly;
if(typeof data1 === "string"){
if(!pattern35.test(data1)){
const err4 = {instancePath:instancePath+"/contextOnly",schemaPath:"#/properties/contextOnly/pattern",keyword:"pattern",params:{pattern: "^(none|(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion)( *, *(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion))*)$"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
else {
const err5 = {instancePath:instancePath+"/contextOnly",schemaPath:"#/properties/contextOnly/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.gather !== undefined){
let data2 = data.gather;
if(!(((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2))) && (isFinite(data2)))){
const err6 = {instancePath:instancePath+"/gather",schemaPath:"#/properties/gather/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 60 || isNaN(data2)){
const err7 = {instancePath:instancePath+"/gather",schemaPath:"#/properties/gather/maximum",keyword:"maximum",params:{comparison: "<=", limit: 60}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
if(data2 < 0 || isNaN(data2)){
const err8 = {instancePath:instancePath+"/gather",schemaPath:"#/properties/gather/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
}
if(data.attemptsBeforeNext !== undefined){
let data3 = data.attemptsBeforeNext;
if(!(((typeof data3 == "number") && (!(data3 % 1) && !isNaN(data3))) && (isFinite(data3)))){
const err9 = {instancePath:instancePath+"/attemptsBeforeNext",schemaPath:"#/properties/attemptsBeforeNext/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
if((typeof data3 == "number") && (isFinite(data3))){
if(data3 > 1000 || isNaN(data3)){
const err10 = {instancePath:instancePath+"/attemptsBeforeNext",schemaPath:"#/properties/attemptsBeforeNext/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
if(data3 < 1 || isNaN(data3)){
const err11 = {instancePath:instancePath+"/attemptsBeforeNext",schemaPath:"#/properties/attemptsBeforeNext/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
}
if(data.minAttempts !== undefined){
let data4 = data.minAttempts;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
const err12 = {instancePath:instancePath+"/minAttempts",schemaPath:"#/properties/minAttempts/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 1000 || isNaN(data4)){
const err13 = {instancePath:instancePath+"/minAttempts",schemaPath:"#/properties/minAttempts/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(data4 < 1 || isNaN(data4)){
const err14 = {instancePath:instancePath+"/minAttempts",schemaPath:"#/properties/minAttempts/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
}
if(data.giveUpAfter !== undefined){
let data5 = data.giveUpAfter;
if(!(((typeof data5 == "number") && (!(data5 % 1) && !isNaN(data5))) && (isFinite(data5)))){
const err15 = {instancePath:instancePath+"/giveUpAfter",schemaPath:"#/properties/giveUpAfter/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
if((typeof data5 == "number") && (isFinite(data5))){
if(data5 > 8760 || isNaN(data5)){
const err16 = {instancePath:instancePath+"/giveUpAfter",schemaPath:"#/properties/giveUpAfter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 8760}};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
if(data5 < 1 || isNaN(data5)){
const err17 = {instancePath:instancePath+"/giveUpAfter",schemaPath:"#/properties/giveUpAfter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
}
}
else {
const err18 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
validate72.errors = vErrors;
return errors === 0;
}
validate72.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

const schema31 = {"type":"string","enum":["files","links"]};

function validate74(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate74.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!((data === "files") || (data === "links"))){
const err1 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema31.enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate74.errors = vErrors;
return errors === 0;
}
validate74.evaluated = {"dynamicProps":false,"dynamicItems":false};

const schema32 = {"type":"integer","minimum":1,"maximum":100};

function validate76(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate76.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 100 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < 1 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
validate76.errors = vErrors;
return errors === 0;
}
validate76.evaluated = {"dynamicProps":false,"dynamicItems":false};

const schema33 = {"type":"integer","minimum":5,"maximum":3600};

function validate78(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate78.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 3600 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3600}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < 5 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 5}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
validate78.errors = vErrors;
return errors === 0;
}
validate78.evaluated = {"dynamicProps":false,"dynamicItems":false};

const schema34 = {"type":["string","array"],"pattern":"^~?/.+$","items":{"type":"string","pattern":"^~?/.+$"}};

function validate80(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate80.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if((typeof data !== "string") && (!(Array.isArray(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema34.type}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(typeof data === "string"){
if(!pattern36.test(data)){
const err1 = {instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "^~?/.+$"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(Array.isArray(data)){
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
let data0 = data[i0];
if(typeof data0 === "string"){
if(!pattern36.test(data0)){
const err2 = {instancePath:instancePath+"/" + i0,schemaPath:"#/items/pattern",keyword:"pattern",params:{pattern: "^~?/.+$"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath:instancePath+"/" + i0,schemaPath:"#/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
}
validate80.errors = vErrors;
return errors === 0;
}
validate80.evaluated = {"items":true,"dynamicProps":false,"dynamicItems":false};

const schema35 = {"type":["string","array"],"pattern":"\\S","minItems":1,"items":{"type":"string","pattern":"\\S"}};

function validate82(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate82.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if((typeof data !== "string") && (!(Array.isArray(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema35.type}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(typeof data === "string"){
if(!pattern4.test(data)){
const err1 = {instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(Array.isArray(data)){
if(data.length < 1){
const err2 = {instancePath,schemaPath:"#/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
let data0 = data[i0];
if(typeof data0 === "string"){
if(!pattern4.test(data0)){
const err3 = {instancePath:instancePath+"/" + i0,schemaPath:"#/items/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
else {
const err4 = {instancePath:instancePath+"/" + i0,schemaPath:"#/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
validate82.errors = vErrors;
return errors === 0;
}
validate82.evaluated = {"items":true,"dynamicProps":false,"dynamicItems":false};

const schema36 = {"type":["string","array"],"pattern":"^[a-z]+/[a-z0-9][a-z0-9.+-]*$","items":{"type":"string","pattern":"^[a-z]+/[a-z0-9][a-z0-9.+-]*$"}};

function validate84(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate84.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if((typeof data !== "string") && (!(Array.isArray(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema36.type}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(typeof data === "string"){
if(!pattern40.test(data)){
const err1 = {instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "^[a-z]+/[a-z0-9][a-z0-9.+-]*$"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(Array.isArray(data)){
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
let data0 = data[i0];
if(typeof data0 === "string"){
if(!pattern40.test(data0)){
const err2 = {instancePath:instancePath+"/" + i0,schemaPath:"#/items/pattern",keyword:"pattern",params:{pattern: "^[a-z]+/[a-z0-9][a-z0-9.+-]*$"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath:instancePath+"/" + i0,schemaPath:"#/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
}
validate84.errors = vErrors;
return errors === 0;
}
validate84.evaluated = {"items":true,"dynamicProps":false,"dynamicItems":false};

const schema37 = {"type":"object","additionalProperties":false,"properties":{"provider":{"type":"string","enum":["openai","deepgram","command"]},"baseUrl":{"type":"string","pattern":"^https?://[^/?#@\\s]+(/[^?#@\\s]*)?$"},"apiKey":{"type":"string","pattern":"^[!-.0-~][!-~]*$"},"apiKeyFile":{"type":"string","pattern":"\\S"},"model":{"type":"string","pattern":"^[A-Za-z0-9@][A-Za-z0-9@._:/-]{0,199}$"},"language":{"type":"string","pattern":"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$"},"command":{"type":["string","array"],"pattern":"\\S","minItems":1,"items":{"type":"string","pattern":"\\S"}},"ffmpeg":{"type":"string","pattern":"\\S"},"timeout":{"type":"integer","minimum":1,"maximum":3600},"maxSize":{"type":"integer","minimum":1,"maximum":100},"parallel":{"type":"integer","minimum":1,"maximum":32}}};
const pattern42 = new RegExp("^https?://[^/?#@\\s]+(/[^?#@\\s]*)?$", "u");
const pattern45 = new RegExp("^[A-Za-z0-9@][A-Za-z0-9@._:/-]{0,199}$", "u");
const pattern46 = new RegExp("^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$", "u");

function validate86(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate86.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func1.call(schema37.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.provider !== undefined){
let data0 = data.provider;
if(typeof data0 !== "string"){
const err1 = {instancePath:instancePath+"/provider",schemaPath:"#/properties/provider/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(!(((data0 === "openai") || (data0 === "deepgram")) || (data0 === "command"))){
const err2 = {instancePath:instancePath+"/provider",schemaPath:"#/properties/provider/enum",keyword:"enum",params:{allowedValues: schema37.properties.provider.enum}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.baseUrl !== undefined){
let data1 = data.baseUrl;
if(typeof data1 === "string"){
if(!pattern42.test(data1)){
const err3 = {instancePath:instancePath+"/baseUrl",schemaPath:"#/properties/baseUrl/pattern",keyword:"pattern",params:{pattern: "^https?://[^/?#@\\s]+(/[^?#@\\s]*)?$"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
else {
const err4 = {instancePath:instancePath+"/baseUrl",schemaPath:"#/properties/baseUrl/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.apiKey !== undefined){
let data2 = data.apiKey;
if(typeof data2 === "string"){
if(!pattern3.test(data2)){
const err5 = {instancePath:instancePath+"/apiKey",schemaPath:"#/properties/apiKey/pattern",keyword:"pattern",params:{pattern: "^[!-.0-~][!-~]*$"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
else {
const err6 = {instancePath:instancePath+"/apiKey",schemaPath:"#/properties/apiKey/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.apiKeyFile !== undefined){
let data3 = data.apiKeyFile;
if(typeof data3 === "string"){
if(!pattern4.test(data3)){
const err7 = {instancePath:instancePath+"/apiKeyFile",schemaPath:"#/properties/apiKeyFile/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
else {
const err8 = {instancePath:instancePath+"/apiKeyFile",schemaPath:"#/properties/apiKeyFile/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data.model !== undefined){
let data4 = data.model;
if(typeof data4 === "string"){
if(!pattern45.test(data4)){
const err9 = {instancePath:instancePath+"/model",schemaPath:"#/properties/model/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9@][A-Za-z0-9@._:/-]{0,199}$"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
else {
const err10 = {instancePath:instancePath+"/model",schemaPath:"#/properties/model/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data.language !== undefined){
let data5 = data.language;
if(typeof data5 === "string"){
if(!pattern46.test(data5)){
const err11 = {instancePath:instancePath+"/language",schemaPath:"#/properties/language/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$"}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
else {
const err12 = {instancePath:instancePath+"/language",schemaPath:"#/properties/language/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data.command !== undefined){
let data6 = data.command;
if((typeof data6 !== "string") && (!(Array.isArray(data6)))){
const err13 = {instancePath:instancePath+"/command",schemaPath:"#/properties/command/type",keyword:"type",params:{type: schema37.properties.command.type}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(typeof data6 === "string"){
if(!pattern4.test(data6)){
const err14 = {instancePath:instancePath+"/command",schemaPath:"#/properties/command/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
if(Array.isArray(data6)){
if(data6.length < 1){
const err15 = {instancePath:instancePath+"/command",schemaPath:"#/properties/command/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
const len0 = data6.length;
for(let i0=0; i0<len0; i0++){
let data7 = data6[i0];
if(typeof data7 === "string"){
if(!pattern4.test(data7)){
const err16 = {instancePath:instancePath+"/command/" + i0,schemaPath:"#/properties/command/items/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
else {
const err17 = {instancePath:instancePath+"/command/" + i0,schemaPath:"#/properties/command/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
}
}
if(data.ffmpeg !== undefined){
let data8 = data.ffmpeg;
if(typeof data8 === "string"){
if(!pattern4.test(data8)){
const err18 = {instancePath:instancePath+"/ffmpeg",schemaPath:"#/properties/ffmpeg/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
else {
const err19 = {instancePath:instancePath+"/ffmpeg",schemaPath:"#/properties/ffmpeg/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
if(data.timeout !== undefined){
let data9 = data.timeout;
if(!(((typeof data9 == "number") && (!(data9 % 1) && !isNaN(data9))) && (isFinite(data9)))){
const err20 = {instancePath:instancePath+"/timeout",schemaPath:"#/properties/timeout/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
if((typeof data9 == "number") && (isFinite(data9))){
if(data9 > 3600 || isNaN(data9)){
const err21 = {instancePath:instancePath+"/timeout",schemaPath:"#/properties/timeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3600}};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
if(data9 < 1 || isNaN(data9)){
const err22 = {instancePath:instancePath+"/timeout",schemaPath:"#/properties/timeout/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
}
if(data.maxSize !== undefined){
let data10 = data.maxSize;
if(!(((typeof data10 == "number") && (!(data10 % 1) && !isNaN(data10))) && (isFinite(data10)))){
const err23 = {instancePath:instancePath+"/maxSize",schemaPath:"#/properties/maxSize/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
if((typeof data10 == "number") && (isFinite(data10))){
if(data10 > 100 || isNaN(data10)){
const err24 = {instancePath:instancePath+"/maxSize",schemaPath:"#/properties/maxSize/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100}};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
if(data10 < 1 || isNaN(data10)){
const err25 = {instancePath:instancePath+"/maxSize",schemaPath:"#/properties/maxSize/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
}
if(data.parallel !== undefined){
let data11 = data.parallel;
if(!(((typeof data11 == "number") && (!(data11 % 1) && !isNaN(data11))) && (isFinite(data11)))){
const err26 = {instancePath:instancePath+"/parallel",schemaPath:"#/properties/parallel/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
if((typeof data11 == "number") && (isFinite(data11))){
if(data11 > 32 || isNaN(data11)){
const err27 = {instancePath:instancePath+"/parallel",schemaPath:"#/properties/parallel/maximum",keyword:"maximum",params:{comparison: "<=", limit: 32}};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
if(data11 < 1 || isNaN(data11)){
const err28 = {instancePath:instancePath+"/parallel",schemaPath:"#/properties/parallel/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
}
}
else {
const err29 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
validate86.errors = vErrors;
return errors === 0;
}
validate86.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

const schema38 = {"type":"object","additionalProperties":false,"properties":{"via":{"type":"string","enum":["auto","relay","agent"]},"lookUpFor":{"type":"integer","minimum":1,"maximum":3600},"onFailure":{"type":"string","pattern":"\\S"},"numbered":{"type":"boolean"},"template":{"type":"string","pattern":"^[a-z0-9_]{1,512}$"},"templateLanguage":{"type":"string","pattern":"^[a-z]{2,3}(_[A-Z]{2})?$"},"mediaHosts":{"type":["string","array"],"pattern":"^([*][.])?[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$","items":{"type":"string","pattern":"^([*][.])?[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$"}},"tellAgent":{"type":"boolean"}}};
const pattern53 = new RegExp("^([*][.])?[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$", "u");

function validate88(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate88.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((((((key0 === "via") || (key0 === "lookUpFor")) || (key0 === "onFailure")) || (key0 === "numbered")) || (key0 === "template")) || (key0 === "templateLanguage")) || (key0 === "mediaHosts")) || (key0 === "tellAgent"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.via !== undefined){
let data0 = data.via;
if(typeof data0 !== "string"){
const err1 = {instancePath:instancePath+"/via",schemaPath:"#/properties/via/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(!(((data0 === "auto") || (data0 === "relay")) || (data0 === "agent"))){
const err2 = {instancePath:instancePath+"/via",schemaPath:"#/properties/via/enum",keyword:"enum",params:{allowedValues: schema38.properties.via.enum}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.lookUpFor !== undefined){
let data1 = data.lookUpFor;
if(!(((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1))) && (isFinite(data1)))){
const err3 = {instancePath:instancePath+"/lookUpFor",schemaPath:"#/properties/lookUpFor/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 3600 || isNaN(data1)){
const err4 = {instancePath:instancePath+"/lookUpFor",schemaPath:"#/properties/lookUpFor/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3600}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
if(data1 < 1 || isNaN(data1)){
const err5 = {instancePath:instancePath+"/lookUpFor",schemaPath:"#/properties/lookUpFor/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
}
if(data.onFailure !== undefined){
let data2 = data.onFailure;
if(typeof data2 === "string"){
if(!pattern4.test(data2)){
const err6 = {instancePath:instancePath+"/onFailure",schemaPath:"#/properties/onFailure/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
else {
const err7 = {instancePath:instancePath+"/onFailure",schemaPath:"#/properties/onFailure/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.numbered !== undefined){
if(typeof data.numbered !== "boolean"){
const err8 = {instancePath:instancePath+"/numbered",schemaPath:"#/properties/numbered/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data.template !== undefined){
let data4 = data.template;
if(typeof data4 === "string"){
if(!pattern51.test(data4)){
const err9 = {instancePath:instancePath+"/template",schemaPath:"#/properties/template/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9_]{1,512}$"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
else {
const err10 = {instancePath:instancePath+"/template",schemaPath:"#/properties/template/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data.templateLanguage !== undefined){
let data5 = data.templateLanguage;
if(typeof data5 === "string"){
if(!pattern52.test(data5)){
const err11 = {instancePath:instancePath+"/templateLanguage",schemaPath:"#/properties/templateLanguage/pattern",keyword:"pattern",params:{pattern: "^[a-z]{2,3}(_[A-Z]{2})?$"}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
else {
const err12 = {instancePath:instancePath+"/templateLanguage",schemaPath:"#/properties/templateLanguage/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data.mediaHosts !== undefined){
let data6 = data.mediaHosts;
if((typeof data6 !== "string") && (!(Array.isArray(data6)))){
const err13 = {instancePath:instancePath+"/mediaHosts",schemaPath:"#/properties/mediaHosts/type",keyword:"type",params:{type: schema38.properties.mediaHosts.type}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(typeof data6 === "string"){
if(!pattern53.test(data6)){
const err14 = {instancePath:instancePath+"/mediaHosts",schemaPath:"#/properties/mediaHosts/pattern",keyword:"pattern",params:{pattern: "^([*][.])?[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$"}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
if(Array.isArray(data6)){
const len0 = data6.length;
for(let i0=0; i0<len0; i0++){
let data7 = data6[i0];
if(typeof data7 === "string"){
if(!pattern53.test(data7)){
const err15 = {instancePath:instancePath+"/mediaHosts/" + i0,schemaPath:"#/properties/mediaHosts/items/pattern",keyword:"pattern",params:{pattern: "^([*][.])?[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$"}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
else {
const err16 = {instancePath:instancePath+"/mediaHosts/" + i0,schemaPath:"#/properties/mediaHosts/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
}
}
if(data.tellAgent !== undefined){
if(typeof data.tellAgent !== "boolean"){
const err17 = {instancePath:instancePath+"/tellAgent",schemaPath:"#/properties/tellAgent/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
}
else {
const err18 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
validate88.errors = vErrors;
return errors === 0;
}
validate88.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

const schema39 = {"type":"object","additionalProperties":false,"properties":{"read":{"type":"boolean"},"typing":{"type":"boolean"},"reaction":{"type":"string","pattern":"\\S"}}};

function validate90(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate90.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((key0 === "read") || (key0 === "typing")) || (key0 === "reaction"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.read !== undefined){
if(typeof data.read !== "boolean"){
const err1 = {instancePath:instancePath+"/read",schemaPath:"#/properties/read/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.typing !== undefined){
if(typeof data.typing !== "boolean"){
const err2 = {instancePath:instancePath+"/typing",schemaPath:"#/properties/typing/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.reaction !== undefined){
let data2 = data.reaction;
if(typeof data2 === "string"){
if(!pattern4.test(data2)){
const err3 = {instancePath:instancePath+"/reaction",schemaPath:"#/properties/reaction/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
else {
const err4 = {instancePath:instancePath+"/reaction",schemaPath:"#/properties/reaction/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
else {
const err5 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
validate90.errors = vErrors;
return errors === 0;
}
validate90.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

const pattern9 = new RegExp("^[a-z][a-z0-9-]{0,31}$", "u");

function validate53(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate53.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.phoneNumberId === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "phoneNumberId"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!(func1.call(schema20.properties, key0))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.phoneNumberId !== undefined){
if(!(validate54(data.phoneNumberId, {instancePath:instancePath+"/phoneNumberId",parentData:data,parentDataProperty:"phoneNumberId",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.name !== undefined){
let data1 = data.name;
if(typeof data1 === "string"){
if(!pattern9.test(data1)){
const err2 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/pattern",keyword:"pattern",params:{pattern: "^[a-z][a-z0-9-]{0,31}$"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.apiKey !== undefined){
if(!(validate56(data.apiKey, {instancePath:instancePath+"/apiKey",parentData:data,parentDataProperty:"apiKey",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate56.errors : vErrors.concat(validate56.errors);
errors = vErrors.length;
}
}
if(data.apiKeyFile !== undefined){
if(!(validate58(data.apiKeyFile, {instancePath:instancePath+"/apiKeyFile",parentData:data,parentDataProperty:"apiKeyFile",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate58.errors : vErrors.concat(validate58.errors);
errors = vErrors.length;
}
}
if(data.agent !== undefined){
if(!(validate60(data.agent, {instancePath:instancePath+"/agent",parentData:data,parentDataProperty:"agent",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate60.errors : vErrors.concat(validate60.errors);
errors = vErrors.length;
}
}
if(data.continues !== undefined){
if(typeof data.continues !== "boolean"){
const err4 = {instancePath:instancePath+"/continues",schemaPath:"#/properties/continues/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.webhook !== undefined){
let data6 = data.webhook;
if(data6 && typeof data6 == "object" && !Array.isArray(data6)){
for(const key1 in data6){
if(!((key1 === "secret") || (key1 === "secretFile"))){
const err5 = {instancePath:instancePath+"/webhook",schemaPath:"#/properties/webhook/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data6.secret !== undefined){
if(!(validate62(data6.secret, {instancePath:instancePath+"/webhook/secret",parentData:data6,parentDataProperty:"secret",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate62.errors : vErrors.concat(validate62.errors);
errors = vErrors.length;
}
}
if(data6.secretFile !== undefined){
if(!(validate64(data6.secretFile, {instancePath:instancePath+"/webhook/secretFile",parentData:data6,parentDataProperty:"secretFile",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate64.errors : vErrors.concat(validate64.errors);
errors = vErrors.length;
}
}
}
else {
const err6 = {instancePath:instancePath+"/webhook",schemaPath:"#/properties/webhook/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.polling !== undefined){
if(!(validate66(data.polling, {instancePath:instancePath+"/polling",parentData:data,parentDataProperty:"polling",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate66.errors : vErrors.concat(validate66.errors);
errors = vErrors.length;
}
}
if(data.access !== undefined){
if(!(validate68(data.access, {instancePath:instancePath+"/access",parentData:data,parentDataProperty:"access",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate68.errors : vErrors.concat(validate68.errors);
errors = vErrors.length;
}
}
if(data.groups !== undefined){
if(!(validate70(data.groups, {instancePath:instancePath+"/groups",parentData:data,parentDataProperty:"groups",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate70.errors : vErrors.concat(validate70.errors);
errors = vErrors.length;
}
}
if(data.delivery !== undefined){
if(!(validate72(data.delivery, {instancePath:instancePath+"/delivery",parentData:data,parentDataProperty:"delivery",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate72.errors : vErrors.concat(validate72.errors);
errors = vErrors.length;
}
}
if(data.media !== undefined){
let data13 = data.media;
if(data13 && typeof data13 == "object" && !Array.isArray(data13)){
for(const key2 in data13){
if(!((((((key2 === "deliver") || (key2 === "maxFileSize")) || (key2 === "waitFor")) || (key2 === "sendFrom")) || (key2 === "documentCommand")) || (key2 === "documentTypes"))){
const err7 = {instancePath:instancePath+"/media",schemaPath:"#/properties/media/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data13.deliver !== undefined){
if(!(validate74(data13.deliver, {instancePath:instancePath+"/media/deliver",parentData:data13,parentDataProperty:"deliver",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate74.errors : vErrors.concat(validate74.errors);
errors = vErrors.length;
}
}
if(data13.maxFileSize !== undefined){
if(!(validate76(data13.maxFileSize, {instancePath:instancePath+"/media/maxFileSize",parentData:data13,parentDataProperty:"maxFileSize",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate76.errors : vErrors.concat(validate76.errors);
errors = vErrors.length;
}
}
if(data13.waitFor !== undefined){
if(!(validate78(data13.waitFor, {instancePath:instancePath+"/media/waitFor",parentData:data13,parentDataProperty:"waitFor",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate78.errors : vErrors.concat(validate78.errors);
errors = vErrors.length;
}
}
if(data13.sendFrom !== undefined){
if(!(validate80(data13.sendFrom, {instancePath:instancePath+"/media/sendFrom",parentData:data13,parentDataProperty:"sendFrom",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate80.errors : vErrors.concat(validate80.errors);
errors = vErrors.length;
}
}
if(data13.documentCommand !== undefined){
if(!(validate82(data13.documentCommand, {instancePath:instancePath+"/media/documentCommand",parentData:data13,parentDataProperty:"documentCommand",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate82.errors : vErrors.concat(validate82.errors);
errors = vErrors.length;
}
}
if(data13.documentTypes !== undefined){
if(!(validate84(data13.documentTypes, {instancePath:instancePath+"/media/documentTypes",parentData:data13,parentDataProperty:"documentTypes",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate84.errors : vErrors.concat(validate84.errors);
errors = vErrors.length;
}
}
}
else {
const err8 = {instancePath:instancePath+"/media",schemaPath:"#/properties/media/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data.transcribe !== undefined){
if(!(validate86(data.transcribe, {instancePath:instancePath+"/transcribe",parentData:data,parentDataProperty:"transcribe",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate86.errors : vErrors.concat(validate86.errors);
errors = vErrors.length;
}
}
if(data.reply !== undefined){
if(!(validate88(data.reply, {instancePath:instancePath+"/reply",parentData:data,parentDataProperty:"reply",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate88.errors : vErrors.concat(validate88.errors);
errors = vErrors.length;
}
}
if(data.receipts !== undefined){
if(!(validate90(data.receipts, {instancePath:instancePath+"/receipts",parentData:data,parentDataProperty:"receipts",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate90.errors : vErrors.concat(validate90.errors);
errors = vErrors.length;
}
}
}
else {
const err9 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
validate53.errors = vErrors;
return errors === 0;
}
validate53.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};


function validate52(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate52.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func1.call(schema19.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.$schema !== undefined){
if(typeof data.$schema !== "string"){
const err1 = {instancePath:instancePath+"/$schema",schemaPath:"#/properties/%24schema/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.mode !== undefined){
let data1 = data.mode;
if(typeof data1 !== "string"){
const err2 = {instancePath:instancePath+"/mode",schemaPath:"#/properties/mode/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(!(((data1 === "polling") || (data1 === "tailscale")) || (data1 === "domain"))){
const err3 = {instancePath:instancePath+"/mode",schemaPath:"#/properties/mode/enum",keyword:"enum",params:{allowedValues: schema19.properties.mode.enum}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.kapso !== undefined){
let data2 = data.kapso;
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
for(const key1 in data2){
if(!((((((key1 === "apiKey") || (key1 === "apiKeyFile")) || (key1 === "phoneNumberId")) || (key1 === "baseUrl")) || (key1 === "apiVersion")) || (key1 === "timeout"))){
const err4 = {instancePath:instancePath+"/kapso",schemaPath:"#/properties/kapso/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data2.apiKey !== undefined){
let data3 = data2.apiKey;
if(typeof data3 === "string"){
if(!pattern3.test(data3)){
const err5 = {instancePath:instancePath+"/kapso/apiKey",schemaPath:"#/properties/kapso/properties/apiKey/pattern",keyword:"pattern",params:{pattern: "^[!-.0-~][!-~]*$"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
else {
const err6 = {instancePath:instancePath+"/kapso/apiKey",schemaPath:"#/properties/kapso/properties/apiKey/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data2.apiKeyFile !== undefined){
let data4 = data2.apiKeyFile;
if(typeof data4 === "string"){
if(!pattern4.test(data4)){
const err7 = {instancePath:instancePath+"/kapso/apiKeyFile",schemaPath:"#/properties/kapso/properties/apiKeyFile/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
else {
const err8 = {instancePath:instancePath+"/kapso/apiKeyFile",schemaPath:"#/properties/kapso/properties/apiKeyFile/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data2.phoneNumberId !== undefined){
let data5 = data2.phoneNumberId;
if(typeof data5 === "string"){
if(!pattern5.test(data5)){
const err9 = {instancePath:instancePath+"/kapso/phoneNumberId",schemaPath:"#/properties/kapso/properties/phoneNumberId/pattern",keyword:"pattern",params:{pattern: "^\\d+$"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
else {
const err10 = {instancePath:instancePath+"/kapso/phoneNumberId",schemaPath:"#/properties/kapso/properties/phoneNumberId/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data2.baseUrl !== undefined){
let data6 = data2.baseUrl;
if(typeof data6 === "string"){
if(!pattern6.test(data6)){
const err11 = {instancePath:instancePath+"/kapso/baseUrl",schemaPath:"#/properties/kapso/properties/baseUrl/pattern",keyword:"pattern",params:{pattern: "^https?://[^/?#@\\s]+$"}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
else {
const err12 = {instancePath:instancePath+"/kapso/baseUrl",schemaPath:"#/properties/kapso/properties/baseUrl/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data2.apiVersion !== undefined){
let data7 = data2.apiVersion;
if(typeof data7 === "string"){
if(!pattern7.test(data7)){
const err13 = {instancePath:instancePath+"/kapso/apiVersion",schemaPath:"#/properties/kapso/properties/apiVersion/pattern",keyword:"pattern",params:{pattern: "^v\\d{1,3}\\.\\d{1,2}$"}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
else {
const err14 = {instancePath:instancePath+"/kapso/apiVersion",schemaPath:"#/properties/kapso/properties/apiVersion/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
if(data2.timeout !== undefined){
let data8 = data2.timeout;
if(!(((typeof data8 == "number") && (!(data8 % 1) && !isNaN(data8))) && (isFinite(data8)))){
const err15 = {instancePath:instancePath+"/kapso/timeout",schemaPath:"#/properties/kapso/properties/timeout/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
if((typeof data8 == "number") && (isFinite(data8))){
if(data8 > 600 || isNaN(data8)){
const err16 = {instancePath:instancePath+"/kapso/timeout",schemaPath:"#/properties/kapso/properties/timeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 600}};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
if(data8 < 1 || isNaN(data8)){
const err17 = {instancePath:instancePath+"/kapso/timeout",schemaPath:"#/properties/kapso/properties/timeout/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
}
}
else {
const err18 = {instancePath:instancePath+"/kapso",schemaPath:"#/properties/kapso/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data.accounts !== undefined){
let data9 = data.accounts;
if(Array.isArray(data9)){
if(data9.length < 1){
const err19 = {instancePath:instancePath+"/accounts",schemaPath:"#/properties/accounts/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
const len0 = data9.length;
for(let i0=0; i0<len0; i0++){
if(!(validate53(data9[i0], {instancePath:instancePath+"/accounts/" + i0,parentData:data9,parentDataProperty:i0,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate53.errors : vErrors.concat(validate53.errors);
errors = vErrors.length;
}
}
}
else {
const err20 = {instancePath:instancePath+"/accounts",schemaPath:"#/properties/accounts/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
if(data.gateway !== undefined){
let data11 = data.gateway;
if(data11 && typeof data11 == "object" && !Array.isArray(data11)){
for(const key2 in data11){
if(!((((((((key2 === "url") || (key2 === "token")) || (key2 === "tokenFile")) || (key2 === "agent")) || (key2 === "session")) || (key2 === "sharedSession")) || (key2 === "identity")) || (key2 === "runTimeout"))){
const err21 = {instancePath:instancePath+"/gateway",schemaPath:"#/properties/gateway/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2}};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
if(data11.url !== undefined){
let data12 = data11.url;
if(typeof data12 === "string"){
if(!pattern56.test(data12)){
const err22 = {instancePath:instancePath+"/gateway/url",schemaPath:"#/properties/gateway/properties/url/pattern",keyword:"pattern",params:{pattern: "^wss?://[^/?#@\\s]+(/[^?#@\\s]*)?$"}};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
else {
const err23 = {instancePath:instancePath+"/gateway/url",schemaPath:"#/properties/gateway/properties/url/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
if(data11.token !== undefined){
let data13 = data11.token;
if(typeof data13 === "string"){
if(!pattern57.test(data13)){
const err24 = {instancePath:instancePath+"/gateway/token",schemaPath:"#/properties/gateway/properties/token/pattern",keyword:"pattern",params:{pattern: "^\\S(.*\\S)?$"}};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
else {
const err25 = {instancePath:instancePath+"/gateway/token",schemaPath:"#/properties/gateway/properties/token/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
if(data11.tokenFile !== undefined){
let data14 = data11.tokenFile;
if(typeof data14 === "string"){
if(!pattern4.test(data14)){
const err26 = {instancePath:instancePath+"/gateway/tokenFile",schemaPath:"#/properties/gateway/properties/tokenFile/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
else {
const err27 = {instancePath:instancePath+"/gateway/tokenFile",schemaPath:"#/properties/gateway/properties/tokenFile/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
if(data11.agent !== undefined){
let data15 = data11.agent;
if(typeof data15 === "string"){
if(!pattern12.test(data15)){
const err28 = {instancePath:instancePath+"/gateway/agent",schemaPath:"#/properties/gateway/properties/agent/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9][a-z0-9_-]{0,63}$"}};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
else {
const err29 = {instancePath:instancePath+"/gateway/agent",schemaPath:"#/properties/gateway/properties/agent/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
if(data11.session !== undefined){
let data16 = data11.session;
if(typeof data16 !== "string"){
const err30 = {instancePath:instancePath+"/gateway/session",schemaPath:"#/properties/gateway/properties/session/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
if(!((data16 === "per-sender") || (data16 === "shared"))){
const err31 = {instancePath:instancePath+"/gateway/session",schemaPath:"#/properties/gateway/properties/session/enum",keyword:"enum",params:{allowedValues: schema19.properties.gateway.properties.session.enum}};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
if(data11.sharedSession !== undefined){
let data17 = data11.sharedSession;
if(typeof data17 === "string"){
if(!pattern23.test(data17)){
const err32 = {instancePath:instancePath+"/gateway/sharedSession",schemaPath:"#/properties/gateway/properties/sharedSession/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9][a-z0-9:_+.-]{0,199}$"}};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
else {
const err33 = {instancePath:instancePath+"/gateway/sharedSession",schemaPath:"#/properties/gateway/properties/sharedSession/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
if(data11.identity !== undefined){
let data18 = data11.identity;
if(typeof data18 !== "string"){
const err34 = {instancePath:instancePath+"/gateway/identity",schemaPath:"#/properties/gateway/properties/identity/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
if(!(((data18 === "auto") || (data18 === "always")) || (data18 === "never"))){
const err35 = {instancePath:instancePath+"/gateway/identity",schemaPath:"#/properties/gateway/properties/identity/enum",keyword:"enum",params:{allowedValues: schema19.properties.gateway.properties.identity.enum}};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
if(data11.runTimeout !== undefined){
let data19 = data11.runTimeout;
if(!(((typeof data19 == "number") && (!(data19 % 1) && !isNaN(data19))) && (isFinite(data19)))){
const err36 = {instancePath:instancePath+"/gateway/runTimeout",schemaPath:"#/properties/gateway/properties/runTimeout/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
if((typeof data19 == "number") && (isFinite(data19))){
if(data19 > 86400 || isNaN(data19)){
const err37 = {instancePath:instancePath+"/gateway/runTimeout",schemaPath:"#/properties/gateway/properties/runTimeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 86400}};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
if(data19 < 1 || isNaN(data19)){
const err38 = {instancePath:instancePath+"/gateway/runTimeout",schemaPath:"#/properties/gateway/properties/runTimeout/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
}
}
else {
const err39 = {instancePath:instancePath+"/gateway",schemaPath:"#/properties/gateway/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
if(data.polling !== undefined){
if(!(validate66(data.polling, {instancePath:instancePath+"/polling",parentData:data,parentDataProperty:"polling",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate66.errors : vErrors.concat(validate66.errors);
errors = vErrors.length;
}
}
if(data.state !== undefined){
let data21 = data.state;
if(data21 && typeof data21 == "object" && !Array.isArray(data21)){
for(const key3 in data21){
if(!((((key3 === "dir") || (key3 === "database")) || (key3 === "databaseFile")) || (key3 === "retention"))){
const err40 = {instancePath:instancePath+"/state",schemaPath:"#/properties/state/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3}};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
}
if(data21.dir !== undefined){
let data22 = data21.dir;
if(typeof data22 === "string"){
if(!pattern4.test(data22)){
const err41 = {instancePath:instancePath+"/state/dir",schemaPath:"#/properties/state/properties/dir/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
else {
const err42 = {instancePath:instancePath+"/state/dir",schemaPath:"#/properties/state/properties/dir/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
if(data21.database !== undefined){
let data23 = data21.database;
if(typeof data23 === "string"){
if(!pattern62.test(data23)){
const err43 = {instancePath:instancePath+"/state/database",schemaPath:"#/properties/state/properties/database/pattern",keyword:"pattern",params:{pattern: "^postgres(ql)?://[^\\s]*$"}};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
}
else {
const err44 = {instancePath:instancePath+"/state/database",schemaPath:"#/properties/state/properties/database/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
}
if(data21.databaseFile !== undefined){
let data24 = data21.databaseFile;
if(typeof data24 === "string"){
if(!pattern4.test(data24)){
const err45 = {instancePath:instancePath+"/state/databaseFile",schemaPath:"#/properties/state/properties/databaseFile/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
}
else {
const err46 = {instancePath:instancePath+"/state/databaseFile",schemaPath:"#/properties/state/properties/databaseFile/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
}
if(data21.retention !== undefined){
let data25 = data21.retention;
if(!(((typeof data25 == "number") && (!(data25 % 1) && !isNaN(data25))) && (isFinite(data25)))){
const err47 = {instancePath:instancePath+"/state/retention",schemaPath:"#/properties/state/properties/retention/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
if((typeof data25 == "number") && (isFinite(data25))){
if(data25 > 3650 || isNaN(data25)){
const err48 = {instancePath:instancePath+"/state/retention",schemaPath:"#/properties/state/properties/retention/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3650}};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
if(data25 < 7 || isNaN(data25)){
const err49 = {instancePath:instancePath+"/state/retention",schemaPath:"#/properties/state/properties/retention/minimum",keyword:"minimum",params:{comparison: ">=", limit: 7}};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
}
}
}
else {
const err50 = {instancePath:instancePath+"/state",schemaPath:"#/properties/state/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
}
if(data.webhook !== undefined){
let data26 = data.webhook;
if(data26 && typeof data26 == "object" && !Array.isArray(data26)){
for(const key4 in data26){
if(!(func1.call(schema19.properties.webhook.properties, key4))){
const err51 = {instancePath:instancePath+"/webhook",schemaPath:"#/properties/webhook/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4}};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
}
if(data26.listen !== undefined){
let data27 = data26.listen;
if(typeof data27 === "string"){
if(!pattern64.test(data27)){
const err52 = {instancePath:instancePath+"/webhook/listen",schemaPath:"#/properties/webhook/properties/listen/pattern",keyword:"pattern",params:{pattern: "^(unix:/.+|(\\[[0-9A-Fa-f:.]+\\]|[^:/\\[\\]\\s]*):(\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]))$"}};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
}
else {
const err53 = {instancePath:instancePath+"/webhook/listen",schemaPath:"#/properties/webhook/properties/listen/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
}
if(data26.path !== undefined){
let data28 = data26.path;
if(typeof data28 === "string"){
if(!pattern65.test(data28)){
const err54 = {instancePath:instancePath+"/webhook/path",schemaPath:"#/properties/webhook/properties/path/pattern",keyword:"pattern",params:{pattern: "^/[A-Za-z0-9._~/-]*$"}};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
}
else {
const err55 = {instancePath:instancePath+"/webhook/path",schemaPath:"#/properties/webhook/properties/path/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
}
if(data26.verifyToken !== undefined){
let data29 = data26.verifyToken;
if(typeof data29 === "string"){
if(!pattern57.test(data29)){
const err56 = {instancePath:instancePath+"/webhook/verifyToken",schemaPath:"#/properties/webhook/properties/verifyToken/pattern",keyword:"pattern",params:{pattern: "^\\S(.*\\S)?$"}};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
}
else {
const err57 = {instancePath:instancePath+"/webhook/verifyToken",schemaPath:"#/properties/webhook/properties/verifyToken/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
}
if(data26.verifyTokenFile !== undefined){
let data30 = data26.verifyTokenFile;
if(typeof data30 === "string"){
if(!pattern4.test(data30)){
const err58 = {instancePath:instancePath+"/webhook/verifyTokenFile",schemaPath:"#/properties/webhook/properties/verifyTokenFile/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err58];
}
else {
vErrors.push(err58);
}
errors++;
}
}
else {
const err59 = {instancePath:instancePath+"/webhook/verifyTokenFile",schemaPath:"#/properties/webhook/properties/verifyTokenFile/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err59];
}
else {
vErrors.push(err59);
}
errors++;
}
}
if(data26.secret !== undefined){
let data31 = data26.secret;
if((typeof data31 !== "string") && (!(Array.isArray(data31)))){
const err60 = {instancePath:instancePath+"/webhook/secret",schemaPath:"#/properties/webhook/properties/secret/type",keyword:"type",params:{type: schema19.properties.webhook.properties.secret.type}};
if(vErrors === null){
vErrors = [err60];
}
else {
vErrors.push(err60);
}
errors++;
}
if(typeof data31 === "string"){
if(!pattern13.test(data31)){
const err61 = {instancePath:instancePath+"/webhook/secret",schemaPath:"#/properties/webhook/properties/secret/pattern",keyword:"pattern",params:{pattern: "^\\S.*$"}};
if(vErrors === null){
vErrors = [err61];
}
else {
vErrors.push(err61);
}
errors++;
}
}
if(Array.isArray(data31)){
if(data31.length < 1){
const err62 = {instancePath:instancePath+"/webhook/secret",schemaPath:"#/properties/webhook/properties/secret/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err62];
}
else {
vErrors.push(err62);
}
errors++;
}
const len1 = data31.length;
for(let i1=0; i1<len1; i1++){
let data32 = data31[i1];
if(typeof data32 === "string"){
if(!pattern13.test(data32)){
const err63 = {instancePath:instancePath+"/webhook/secret/" + i1,schemaPath:"#/properties/webhook/properties/secret/items/pattern",keyword:"pattern",params:{pattern: "^\\S.*$"}};
if(vErrors === null){
vErrors = [err63];
}
else {
vErrors.push(err63);
}
errors++;
}
}
else {
const err64 = {instancePath:instancePath+"/webhook/secret/" + i1,schemaPath:"#/properties/webhook/properties/secret/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err64];
}
else {
vErrors.push(err64);
}
errors++;
}
}
}
}
if(data26.secretFile !== undefined){
let data33 = data26.secretFile;
if(typeof data33 === "string"){
if(!pattern4.test(data33)){
const err65 = {instancePath:instancePath+"/webhook/secretFile",schemaPath:"#/properties/webhook/properties/secretFile/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err65];
}
else {
vErrors.push(err65);
}
errors++;
}
}
else {
const err66 = {instancePath:instancePath+"/webhook/secretFile",schemaPath:"#/properties/webhook/properties/secretFile/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err66];
}
else {
vErrors.push(err66);
}
errors++;
}
}
if(data26.requireSignature !== undefined){
if(typeof data26.requireSignature !== "boolean"){
const err67 = {instancePath:instancePath+"/webhook/requireSignature",schemaPath:"#/properties/webhook/properties/requireSignature/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err67];
}
else {
vErrors.push(err67);
}
errors++;
}
}
if(data26.publicUrl !== undefined){
let data35 = data26.publicUrl;
if(typeof data35 === "string"){
if(!pattern71.test(data35)){
const err68 = {instancePath:instancePath+"/webhook/publicUrl",schemaPath:"#/properties/webhook/properties/publicUrl/pattern",keyword:"pattern",params:{pattern: "^https://[^/?#@\\s]+(/[^\\s?#]*)?$"}};
if(vErrors === null){
vErrors = [err68];
}
else {
vErrors.push(err68);
}
errors++;
}
}
else {
const err69 = {instancePath:instancePath+"/webhook/publicUrl",schemaPath:"#/properties/webhook/properties/publicUrl/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err69];
}
else {
vErrors.push(err69);
}
errors++;
}
}
if(data26.register !== undefined){
if(typeof data26.register !== "boolean"){
const err70 = {instancePath:instancePath+"/webhook/register",schemaPath:"#/properties/webhook/properties/register/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err70];
}
else {
vErrors.push(err70);
}
errors++;
}
}
if(data26.maxBodyBytes !== undefined){
let data37 = data26.maxBodyBytes;
if(!(((typeof data37 == "number") && (!(data37 % 1) && !isNaN(data37))) && (isFinite(data37)))){
const err71 = {instancePath:instancePath+"/webhook/maxBodyBytes",schemaPath:"#/properties/webhook/properties/maxBodyBytes/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err71];
}
else {
vErrors.push(err71);
}
errors++;
}
if((typeof data37 == "number") && (isFinite(data37))){
if(data37 > 67108864 || isNaN(data37)){
const err72 = {instancePath:instancePath+"/webhook/maxBodyBytes",schemaPath:"#/properties/webhook/properties/maxBodyBytes/maximum",keyword:"maximum",params:{comparison: "<=", limit: 67108864}};
if(vErrors === null){
vErrors = [err72];
}
else {
vErrors.push(err72);
}
errors++;
}
if(data37 < 1024 || isNaN(data37)){
const err73 = {instancePath:instancePath+"/webhook/maxBodyBytes",schemaPath:"#/properties/webhook/properties/maxBodyBytes/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1024}};
if(vErrors === null){
vErrors = [err73];
}
else {
vErrors.push(err73);
}
errors++;
}
}
}
}
else {
const err74 = {instancePath:instancePath+"/webhook",schemaPath:"#/properties/webhook/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err74];
}
else {
vErrors.push(err74);
}
errors++;
}
}
if(data.tailscale !== undefined){
let data38 = data.tailscale;
if(data38 && typeof data38 == "object" && !Array.isArray(data38)){
for(const key5 in data38){
if(!((key5 === "command") || (key5 === "port"))){
const err75 = {instancePath:instancePath+"/tailscale",schemaPath:"#/properties/tailscale/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5}};
if(vErrors === null){
vErrors = [err75];
}
else {
vErrors.push(err75);
}
errors++;
}
}
if(data38.command !== undefined){
let data39 = data38.command;
if(typeof data39 === "string"){
if(!pattern4.test(data39)){
const err76 = {instancePath:instancePath+"/tailscale/command",schemaPath:"#/properties/tailscale/properties/command/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err76];
}
else {
vErrors.push(err76);
}
errors++;
}
}
else {
const err77 = {instancePath:instancePath+"/tailscale/command",schemaPath:"#/properties/tailscale/properties/command/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err77];
}
else {
vErrors.push(err77);
}
errors++;
}
}
if(data38.port !== undefined){
let data40 = data38.port;
if(!(((typeof data40 == "number") && (!(data40 % 1) && !isNaN(data40))) && (isFinite(data40)))){
const err78 = {instancePath:instancePath+"/tailscale/port",schemaPath:"#/properties/tailscale/properties/port/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err78];
}
else {
vErrors.push(err78);
}
errors++;
}
if(!(((data40 === 443) || (data40 === 8443)) || (data40 === 10000))){
const err79 = {instancePath:instancePath+"/tailscale/port",schemaPath:"#/properties/tailscale/properties/port/enum",keyword:"enum",params:{allowedValues: schema19.properties.tailscale.properties.port.enum}};
if(vErrors === null){
vErrors = [err79];
}
else {
vErrors.push(err79);
}
errors++;
}
}
}
else {
const err80 = {instancePath:instancePath+"/tailscale",schemaPath:"#/properties/tailscale/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err80];
}
else {
vErrors.push(err80);
}
errors++;
}
}
if(data.access !== undefined){
if(!(validate68(data.access, {instancePath:instancePath+"/access",parentData:data,parentDataProperty:"access",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate68.errors : vErrors.concat(validate68.errors);
errors = vErrors.length;
}
}
if(data.groups !== undefined){
if(!(validate70(data.groups, {instancePath:instancePath+"/groups",parentData:data,parentDataProperty:"groups",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate70.errors : vErrors.concat(validate70.errors);
errors = vErrors.length;
}
}
if(data.delivery !== undefined){
if(!(validate72(data.delivery, {instancePath:instancePath+"/delivery",parentData:data,parentDataProperty:"delivery",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate72.errors : vErrors.concat(validate72.errors);
errors = vErrors.length;
}
}
if(data.media !== undefined){
let data44 = data.media;
if(data44 && typeof data44 == "object" && !Array.isArray(data44)){
for(const key6 in data44){
if(!((((((((key6 === "deliver") || (key6 === "maxFileSize")) || (key6 === "maxTotalSize")) || (key6 === "retention")) || (key6 === "waitFor")) || (key6 === "sendFrom")) || (key6 === "documentCommand")) || (key6 === "documentTypes"))){
const err81 = {instancePath:instancePath+"/media",schemaPath:"#/properties/media/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6}};
if(vErrors === null){
vErrors = [err81];
}
else {
vErrors.push(err81);
}
errors++;
}
}
if(data44.deliver !== undefined){
let data45 = data44.deliver;
if(typeof data45 !== "string"){
const err82 = {instancePath:instancePath+"/media/deliver",schemaPath:"#/properties/media/properties/deliver/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err82];
}
else {
vErrors.push(err82);
}
errors++;
}
if(!((data45 === "files") || (data45 === "links"))){
const err83 = {instancePath:instancePath+"/media/deliver",schemaPath:"#/properties/media/properties/deliver/enum",keyword:"enum",params:{allowedValues: schema19.properties.media.properties.deliver.enum}};
if(vErrors === null){
vErrors = [err83];
}
else {
vErrors.push(err83);
}
errors++;
}
}
if(data44.maxFileSize !== undefined){
let data46 = data44.maxFileSize;
if(!(((typeof data46 == "number") && (!(data46 % 1) && !isNaN(data46))) && (isFinite(data46)))){
const err84 = {instancePath:instancePath+"/media/maxFileSize",schemaPath:"#/properties/media/properties/maxFileSize/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err84];
}
else {
vErrors.push(err84);
}
errors++;
}
if((typeof data46 == "number") && (isFinite(data46))){
if(data46 > 100 || isNaN(data46)){
const err85 = {instancePath:instancePath+"/media/maxFileSize",schemaPath:"#/properties/media/properties/maxFileSize/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100}};
if(vErrors === null){
vErrors = [err85];
}
else {
vErrors.push(err85);
}
errors++;
}
if(data46 < 1 || isNaN(data46)){
const err86 = {instancePath:instancePath+"/media/maxFileSize",schemaPath:"#/properties/media/properties/maxFileSize/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err86];
}
else {
vErrors.push(err86);
}
errors++;
}
}
}
if(data44.maxTotalSize !== undefined){
let data47 = data44.maxTotalSize;
if(!(((typeof data47 == "number") && (!(data47 % 1) && !isNaN(data47))) && (isFinite(data47)))){
const err87 = {instancePath:instancePath+"/media/maxTotalSize",schemaPath:"#/properties/media/properties/maxTotalSize/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err87];
}
else {
vErrors.push(err87);
}
errors++;
}
if((typeof data47 == "number") && (isFinite(data47))){
if(data47 > 1048576 || isNaN(data47)){
const err88 = {instancePath:instancePath+"/media/maxTotalSize",schemaPath:"#/properties/media/properties/maxTotalSize/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1048576}};
if(vErrors === null){
vErrors = [err88];
}
else {
vErrors.push(err88);
}
errors++;
}
if(data47 < 1 || isNaN(data47)){
const err89 = {instancePath:instancePath+"/media/maxTotalSize",schemaPath:"#/properties/media/properties/maxTotalSize/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err89];
}
else {
vErrors.push(err89);
}
errors++;
}
}
}
if(data44.retention !== undefined){
let data48 = data44.retention;
if(!(((typeof data48 == "number") && (!(data48 % 1) && !isNaN(data48))) && (isFinite(data48)))){
const err90 = {instancePath:instancePath+"/media/retention",schemaPath:"#/properties/media/properties/retention/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err90];
}
else {
vErrors.push(err90);
}
errors++;
}
if((typeof data48 == "number") && (isFinite(data48))){
if(data48 > 3650 || isNaN(data48)){
const err91 = {instancePath:instancePath+"/media/retention",schemaPath:"#/properties/media/properties/retention/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3650}};
if(vErrors === null){
vErrors = [err91];
}
else {
vErrors.push(err91);
}
errors++;
}
if(data48 < 1 || isNaN(data48)){
const err92 = {instancePath:instancePath+"/media/retention",schemaPath:"#/properties/media/properties/retention/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err92];
}
else {
vErrors.push(err92);
}
errors++;
}
}
}
if(data44.waitFor !== undefined){
let data49 = data44.waitFor;
if(!(((typeof data49 == "number") && (!(data49 % 1) && !isNaN(data49))) && (isFinite(data49)))){
const err93 = {instancePath:instancePath+"/media/waitFor",schemaPath:"#/properties/media/properties/waitFor/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err93];
}
else {
vErrors.push(err93);
}
errors++;
}
if((typeof data49 == "number") && (isFinite(data49))){
if(data49 > 3600 || isNaN(data49)){
const err94 = {instancePath:instancePath+"/media/waitFor",schemaPath:"#/properties/media/properties/waitFor/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3600}};
if(vErrors === null){
vErrors = [err94];
}
else {
vErrors.push(err94);
}
errors++;
}
if(data49 < 5 || isNaN(data49)){
const err95 = {instancePath:instancePath+"/media/waitFor",schemaPath:"#/properties/media/properties/waitFor/minimum",keyword:"minimum",params:{comparison: ">=", limit: 5}};
if(vErrors === null){
vErrors = [err95];
}
else {
vErrors.push(err95);
}
errors++;
}
}
}
if(data44.sendFrom !== undefined){
let data50 = data44.sendFrom;
if((typeof data50 !== "string") && (!(Array.isArray(data50)))){
const err96 = {instancePath:instancePath+"/media/sendFrom",schemaPath:"#/properties/media/properties/sendFrom/type",keyword:"type",params:{type: schema19.properties.media.properties.sendFrom.type}};
if(vErrors === null){
vErrors = [err96];
}
else {
vErrors.push(err96);
}
errors++;
}
if(typeof data50 === "string"){
if(!pattern36.test(data50)){
const err97 = {instancePath:instancePath+"/media/sendFrom",schemaPath:"#/properties/media/properties/sendFrom/pattern",keyword:"pattern",params:{pattern: "^~?/.+$"}};
if(vErrors === null){
vErrors = [err97];
}
else {
vErrors.push(err97);
}
errors++;
}
}
if(Array.isArray(data50)){
const len2 = data50.length;
for(let i2=0; i2<len2; i2++){
let data51 = data50[i2];
if(typeof data51 === "string"){
if(!pattern36.test(data51)){
const err98 = {instancePath:instancePath+"/media/sendFrom/" + i2,schemaPath:"#/properties/media/properties/sendFrom/items/pattern",keyword:"pattern",params:{pattern: "^~?/.+$"}};
if(vErrors === null){
vErrors = [err98];
}
else {
vErrors.push(err98);
}
errors++;
}
}
else {
const err99 = {instancePath:instancePath+"/media/sendFrom/" + i2,schemaPath:"#/properties/media/properties/sendFrom/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err99];
}
else {
vErrors.push(err99);
}
errors++;
}
}
}
}
if(data44.documentCommand !== undefined){
let data52 = data44.documentCommand;
if((typeof data52 !== "string") && (!(Array.isArray(data52)))){
const err100 = {instancePath:instancePath+"/media/documentCommand",schemaPath:"#/properties/media/properties/documentCommand/type",keyword:"type",params:{type: schema19.properties.media.properties.documentCommand.type}};
if(vErrors === null){
vErrors = [err100];
}
else {
vErrors.push(err100);
}
errors++;
}
if(typeof data52 === "string"){
if(!pattern4.test(data52)){
const err101 = {instancePath:instancePath+"/media/documentCommand",schemaPath:"#/properties/media/properties/documentCommand/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err101];
}
else {
vErrors.push(err101);
}
errors++;
}
}
if(Array.isArray(data52)){
if(data52.length < 1){
const err102 = {instancePath:instancePath+"/media/documentCommand",schemaPath:"#/properties/media/properties/documentCommand/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err102];
}
else {
vErrors.push(err102);
}
errors++;
}
const len3 = data52.length;
for(let i3=0; i3<len3; i3++){
let data53 = data52[i3];
if(typeof data53 === "string"){
if(!pattern4.test(data53)){
const err103 = {instancePath:instancePath+"/media/documentCommand/" + i3,schemaPath:"#/properties/media/properties/documentCommand/items/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err103];
}
else {
vErrors.push(err103);
}
errors++;
}
}
else {
const err104 = {instancePath:instancePath+"/media/documentCommand/" + i3,schemaPath:"#/properties/media/properties/documentCommand/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err104];
}
else {
vErrors.push(err104);
}
errors++;
}
}
}
}
if(data44.documentTypes !== undefined){
let data54 = data44.documentTypes;
if((typeof data54 !== "string") && (!(Array.isArray(data54)))){
const err105 = {instancePath:instancePath+"/media/documentTypes",schemaPath:"#/properties/media/properties/documentTypes/type",keyword:"type",params:{type: schema19.properties.media.properties.documentTypes.type}};
if(vErrors === null){
vErrors = [err105];
}
else {
vErrors.push(err105);
}
errors++;
}
if(typeof data54 === "string"){
if(!pattern40.test(data54)){
const err106 = {instancePath:instancePath+"/media/documentTypes",schemaPath:"#/properties/media/properties/documentTypes/pattern",keyword:"pattern",params:{pattern: "^[a-z]+/[a-z0-9][a-z0-9.+-]*$"}};
if(vErrors === null){
vErrors = [err106];
}
else {
vErrors.push(err106);
}
errors++;
}
}
if(Array.isArray(data54)){
const len4 = data54.length;
for(let i4=0; i4<len4; i4++){
let data55 = data54[i4];
if(typeof data55 === "string"){
if(!pattern40.test(data55)){
const err107 = {instancePath:instancePath+"/media/documentTypes/" + i4,schemaPath:"#/properties/media/properties/documentTypes/items/pattern",keyword:"pattern",params:{pattern: "^[a-z]+/[a-z0-9][a-z0-9.+-]*$"}};
if(vErrors === null){
vErrors = [err107];
}
else {
vErrors.push(err107);
}
errors++;
}
}
else {
const err108 = {instancePath:instancePath+"/media/documentTypes/" + i4,schemaPath:"#/properties/media/properties/documentTypes/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err108];
}
else {
vErrors.push(err108);
}
errors++;
}
}
}
}
}
else {
const err109 = {instancePath:instancePath+"/media",schemaPath:"#/properties/media/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err109];
}
else {
vErrors.push(err109);
}
errors++;
}
}
if(data.transcribe !== undefined){
if(!(validate86(data.transcribe, {instancePath:instancePath+"/transcribe",parentData:data,parentDataProperty:"transcribe",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate86.errors : vErrors.concat(validate86.errors);
errors = vErrors.length;
}
}
if(data.reply !== undefined){
if(!(validate88(data.reply, {instancePath:instancePath+"/reply",parentData:data,parentDataProperty:"reply",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate88.errors : vErrors.concat(validate88.errors);
errors = vErrors.length;
}
}
if(data.receipts !== undefined){
if(!(validate90(data.receipts, {instancePath:instancePath+"/receipts",parentData:data,parentDataProperty:"receipts",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate90.errors : vErrors.concat(validate90.errors);
errors = vErrors.length;
}
}
if(data.alerts !== undefined){
let data59 = data.alerts;
if(data59 && typeof data59 == "object" && !Array.isArray(data59)){
for(const key7 in data59){
if(!(((((((key7 === "command") || (key7 === "whatsapp")) || (key7 === "from")) || (key7 === "after")) || (key7 === "timeout")) || (key7 === "template")) || (key7 === "templateLanguage"))){
const err110 = {instancePath:instancePath+"/alerts",schemaPath:"#/properties/alerts/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key7}};
if(vErrors === null){
vErrors = [err110];
}
else {
vErrors.push(err110);
}
errors++;
}
}
if(data59.command !== undefined){
let data60 = data59.command;
if((typeof data60 !== "string") && (!(Array.isArray(data60)))){
const err111 = {instancePath:instancePath+"/alerts/command",schemaPath:"#/properties/alerts/properties/command/type",keyword:"type",params:{type: schema19.properties.alerts.properties.command.type}};
if(vErrors === null){
vErrors = [err111];
}
else {
vErrors.push(err111);
}
errors++;
}
if(typeof data60 === "string"){
if(!pattern4.test(data60)){
const err112 = {instancePath:instancePath+"/alerts/command",schemaPath:"#/properties/alerts/properties/command/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err112];
}
else {
vErrors.push(err112);
}
errors++;
}
}
if(Array.isArray(data60)){
if(data60.length < 1){
const err113 = {instancePath:instancePath+"/alerts/command",schemaPath:"#/properties/alerts/properties/command/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err113];
}
else {
vErrors.push(err113);
}
errors++;
}
const len5 = data60.length;
for(let i5=0; i5<len5; i5++){
let data61 = data60[i5];
if(typeof data61 === "string"){
if(!pattern4.test(data61)){
const err114 = {instancePath:instancePath+"/alerts/command/" + i5,schemaPath:"#/properties/alerts/properties/command/items/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err114];
}
else {
vErrors.push(err114);
}
errors++;
}
}
else {
const err115 = {instancePath:instancePath+"/alerts/command/" + i5,schemaPath:"#/properties/alerts/properties/command/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err115];
}
else {
vErrors.push(err115);
}
errors++;
}
}
}
}
if(data59.whatsapp !== undefined){
let data62 = data59.whatsapp;
if(typeof data62 === "string"){
if(!pattern81.test(data62)){
const err116 = {instancePath:instancePath+"/alerts/whatsapp",schemaPath:"#/properties/alerts/properties/whatsapp/pattern",keyword:"pattern",params:{pattern: "^([+]?[1-9][0-9]{6,14})$"}};
if(vErrors === null){
vErrors = [err116];
}
else {
vErrors.push(err116);
}
errors++;
}
}
else {
const err117 = {instancePath:instancePath+"/alerts/whatsapp",schemaPath:"#/properties/alerts/properties/whatsapp/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err117];
}
else {
vErrors.push(err117);
}
errors++;
}
}
if(data59.from !== undefined){
let data63 = data59.from;
if(typeof data63 === "string"){
if(!pattern82.test(data63)){
const err118 = {instancePath:instancePath+"/alerts/from",schemaPath:"#/properties/alerts/properties/from/pattern",keyword:"pattern",params:{pattern: "^([a-z][a-z0-9-]{0,31}|\\d+)$"}};
if(vErrors === null){
vErrors = [err118];
}
else {
vErrors.push(err118);
}
errors++;
}
}
else {
const err119 = {instancePath:instancePath+"/alerts/from",schemaPath:"#/properties/alerts/properties/from/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err119];
}
else {
vErrors.push(err119);
}
errors++;
}
}
if(data59.after !== undefined){
let data64 = data59.after;
if(!(((typeof data64 == "number") && (!(data64 % 1) && !isNaN(data64))) && (isFinite(data64)))){
const err120 = {instancePath:instancePath+"/alerts/after",schemaPath:"#/properties/alerts/properties/after/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err120];
}
else {
vErrors.push(err120);
}
errors++;
}
if((typeof data64 == "number") && (isFinite(data64))){
if(data64 > 86400 || isNaN(data64)){
const err121 = {instancePath:instancePath+"/alerts/after",schemaPath:"#/properties/alerts/properties/after/maximum",keyword:"maximum",params:{comparison: "<=", limit: 86400}};
if(vErrors === null){
vErrors = [err121];
}
else {
vErrors.push(err121);
}
errors++;
}
if(data64 < 1 || isNaN(data64)){
const err122 = {instancePath:instancePath+"/alerts/after",schemaPath:"#/properties/alerts/properties/after/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err122];
}
else {
vErrors.push(err122);
}
errors++;
}
}
}
if(data59.timeout !== undefined){
let data65 = data59.timeout;
if(!(((typeof data65 == "number") && (!(data65 % 1) && !isNaN(data65))) && (isFinite(data65)))){
const err123 = {instancePath:instancePath+"/alerts/timeout",schemaPath:"#/properties/alerts/properties/timeout/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err123];
}
else {
vErrors.push(err123);
}
errors++;
}
if((typeof data65 == "number") && (isFinite(data65))){
if(data65 > 600 || isNaN(data65)){
const err124 = {instancePath:instancePath+"/alerts/timeout",schemaPath:"#/properties/alerts/properties/timeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 600}};
if(vErrors === null){
vErrors = [err124];
}
else {
vErrors.push(err124);
}
errors++;
}
if(data65 < 1 || isNaN(data65)){
const err125 = {instancePath:instancePath+"/alerts/timeout",schemaPath:"#/properties/alerts/properties/timeout/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err125];
}
else {
vErrors.push(err125);
}
errors++;
}
}
}
if(data59.template !== undefined){
let data66 = data59.template;
if(typeof data66 === "string"){
if(!pattern51.test(data66)){
const err126 = {instancePath:instancePath+"/alerts/template",schemaPath:"#/properties/alerts/properties/template/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9_]{1,512}$"}};
if(vErrors === null){
vErrors = [err126];
}
else {
vErrors.push(err126);
}
errors++;
}
}
else {
const err127 = {instancePath:instancePath+"/alerts/template",schemaPath:"#/properties/alerts/properties/template/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err127];
}
else {
vErrors.push(err127);
}
errors++;
}
}
if(data59.templateLanguage !== undefined){
let data67 = data59.templateLanguage;
if(typeof data67 === "string"){
if(!pattern52.test(data67)){
const err128 = {instancePath:instancePath+"/alerts/templateLanguage",schemaPath:"#/properties/alerts/properties/templateLanguage/pattern",keyword:"pattern",params:{pattern: "^[a-z]{2,3}(_[A-Z]{2})?$"}};
if(vErrors === null){
vErrors = [err128];
}
else {
vErrors.push(err128);
}
errors++;
}
}
else {
const err129 = {instancePath:instancePath+"/alerts/templateLanguage",schemaPath:"#/properties/alerts/properties/templateLanguage/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err129];
}
else {
vErrors.push(err129);
}
errors++;
}
}
}
else {
const err130 = {instancePath:instancePath+"/alerts",schemaPath:"#/properties/alerts/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err130];
}
else {
vErrors.push(err130);
}
errors++;
}
}
if(data.log !== undefined){
let data68 = data.log;
if(data68 && typeof data68 == "object" && !Array.isArray(data68)){
for(const key8 in data68){
if(!((key8 === "level") || (key8 === "format"))){
const err131 = {instancePath:instancePath+"/log",schemaPath:"#/properties/log/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key8}};
if(vErrors === null){
vErrors = [err131];
}
else {
vErrors.push(err131);
}
errors++;
}
}
if(data68.level !== undefined){
let data69 = data68.level;
if(typeof data69 !== "string"){
const err132 = {instancePath:instancePath+"/log/level",schemaPath:"#/properties/log/properties/level/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err132];
}
else {
vErrors.push(err132);
}
errors++;
}
if(!((((data69 === "debug") || (data69 === "info")) || (data69 === "warn")) || (data69 === "error"))){
const err133 = {instancePath:instancePath+"/log/level",schemaPath:"#/properties/log/properties/level/enum",keyword:"enum",params:{allowedValues: schema19.properties.log.properties.level.enum}};
if(vErrors === null){
vErrors = [err133];
}
else {
vErrors.push(err133);
}
errors++;
}
}
if(data68.format !== undefined){
let data70 = data68.format;
if(typeof data70 !== "string"){
const err134 = {instancePath:instancePath+"/log/format",schemaPath:"#/properties/log/properties/format/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err134];
}
else {
vErrors.push(err134);
}
errors++;
}
if(!(((data70 === "auto") || (data70 === "text")) || (data70 === "json"))){
const err135 = {instancePath:instancePath+"/log/format",schemaPath:"#/properties/log/properties/format/enum",keyword:"enum",params:{allowedValues: schema19.properties.log.properties.format.enum}};
if(vErrors === null){
vErrors = [err135];
}
else {
vErrors.push(err135);
}
errors++;
}
}
}
else {
const err136 = {instancePath:instancePath+"/log",schemaPath:"#/properties/log/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err136];
}
else {
vErrors.push(err136);
}
errors++;
}
}
if(data.metrics !== undefined){
let data71 = data.metrics;
if(data71 && typeof data71 == "object" && !Array.isArray(data71)){
for(const key9 in data71){
if(!((key9 === "enable") || (key9 === "listen"))){
const err137 = {instancePath:instancePath+"/metrics",schemaPath:"#/properties/metrics/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key9}};
if(vErrors === null){
vErrors = [err137];
}
else {
vErrors.push(err137);
}
errors++;
}
}
if(data71.enable !== undefined){
if(typeof data71.enable !== "boolean"){
const err138 = {instancePath:instancePath+"/metrics/enable",schemaPath:"#/properties/metrics/properties/enable/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err138];
}
else {
vErrors.push(err138);
}
errors++;
}
}
if(data71.listen !== undefined){
let data73 = data71.listen;
if(typeof data73 === "string"){
if(!pattern64.test(data73)){
const err139 = {instancePath:instancePath+"/metrics/listen",schemaPath:"#/properties/metrics/properties/listen/pattern",keyword:"pattern",params:{pattern: "^(unix:/.+|(\\[[0-9A-Fa-f:.]+\\]|[^:/\\[\\]\\s]*):(\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]))$"}};
if(vErrors === null){
vErrors = [err139];
}
else {
vErrors.push(err139);
}
errors++;
}
}
else {
const err140 = {instancePath:instancePath+"/metrics/listen",schemaPath:"#/properties/metrics/properties/listen/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err140];
}
else {
vErrors.push(err140);
}
errors++;
}
}
}
else {
const err141 = {instancePath:instancePath+"/metrics",schemaPath:"#/properties/metrics/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err141];
}
else {
vErrors.push(err141);
}
errors++;
}
}
if(data.ui !== undefined){
let data74 = data.ui;
if(data74 && typeof data74 == "object" && !Array.isArray(data74)){
for(const key10 in data74){
if(!((((key10 === "enable") || (key10 === "listen")) || (key10 === "token")) || (key10 === "tokenFile"))){
const err142 = {instancePath:instancePath+"/ui",schemaPath:"#/properties/ui/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key10}};
if(vErrors === null){
vErrors = [err142];
}
else {
vErrors.push(err142);
}
errors++;
}
}
if(data74.enable !== undefined){
if(typeof data74.enable !== "boolean"){
const err143 = {instancePath:instancePath+"/ui/enable",schemaPath:"#/properties/ui/properties/enable/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err143];
}
else {
vErrors.push(err143);
}
errors++;
}
}
if(data74.listen !== undefined){
let data76 = data74.listen;
if(typeof data76 === "string"){
if(!pattern64.test(data76)){
const err144 = {instancePath:instancePath+"/ui/listen",schemaPath:"#/properties/ui/properties/listen/pattern",keyword:"pattern",params:{pattern: "^(unix:/.+|(\\[[0-9A-Fa-f:.]+\\]|[^:/\\[\\]\\s]*):(\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]))$"}};
if(vErrors === null){
vErrors = [err144];
}
else {
vErrors.push(err144);
}
errors++;
}
}
else {
const err145 = {instancePath:instancePath+"/ui/listen",schemaPath:"#/properties/ui/properties/listen/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err145];
}
else {
vErrors.push(err145);
}
errors++;
}
}
if(data74.token !== undefined){
let data77 = data74.token;
if(typeof data77 === "string"){
if(!pattern87.test(data77)){
const err146 = {instancePath:instancePath+"/ui/token",schemaPath:"#/properties/ui/properties/token/pattern",keyword:"pattern",params:{pattern: "^[0-9A-Za-z._~+/=-]+$"}};
if(vErrors === null){
vErrors = [err146];
}
else {
vErrors.push(err146);
}
errors++;
}
}
else {
const err147 = {instancePath:instancePath+"/ui/token",schemaPath:"#/properties/ui/properties/token/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err147];
}
else {
vErrors.push(err147);
}
errors++;
}
}
if(data74.tokenFile !== undefined){
let data78 = data74.tokenFile;
if(typeof data78 === "string"){
if(!pattern4.test(data78)){
const err148 = {instancePath:instancePath+"/ui/tokenFile",schemaPath:"#/properties/ui/properties/tokenFile/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err148];
}
else {
vErrors.push(err148);
}
errors++;
}
}
else {
const err149 = {instancePath:instancePath+"/ui/tokenFile",schemaPath:"#/properties/ui/properties/tokenFile/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err149];
}
else {
vErrors.push(err149);
}
errors++;
}
}
}
else {
const err150 = {instancePath:instancePath+"/ui",schemaPath:"#/properties/ui/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err150];
}
else {
vErrors.push(err150);
}
errors++;
}
}
if(data.shutdown !== undefined){
let data79 = data.shutdown;
if(data79 && typeof data79 == "object" && !Array.isArray(data79)){
for(const key11 in data79){
if(!(key11 === "timeout")){
const err151 = {instancePath:instancePath+"/shutdown",schemaPath:"#/properties/shutdown/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key11}};
if(vErrors === null){
vErrors = [err151];
}
else {
vErrors.push(err151);
}
errors++;
}
}
if(data79.timeout !== undefined){
let data80 = data79.timeout;
if(!(((typeof data80 == "number") && (!(data80 % 1) && !isNaN(data80))) && (isFinite(data80)))){
const err152 = {instancePath:instancePath+"/shutdown/timeout",schemaPath:"#/properties/shutdown/properties/timeout/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err152];
}
else {
vErrors.push(err152);
}
errors++;
}
if((typeof data80 == "number") && (isFinite(data80))){
if(data80 > 600 || isNaN(data80)){
const err153 = {instancePath:instancePath+"/shutdown/timeout",schemaPath:"#/properties/shutdown/properties/timeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 600}};
if(vErrors === null){
vErrors = [err153];
}
else {
vErrors.push(err153);
}
errors++;
}
if(data80 < 0 || isNaN(data80)){
const err154 = {instancePath:instancePath+"/shutdown/timeout",schemaPath:"#/properties/shutdown/properties/timeout/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err154];
}
else {
vErrors.push(err154);
}
errors++;
}
}
}
}
else {
const err155 = {instancePath:instancePath+"/shutdown",schemaPath:"#/properties/shutdown/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err155];
}
else {
vErrors.push(err155);
}
errors++;
}
}
}
else {
const err156 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err156];
}
else {
vErrors.push(err156);
}
errors++;
}
validate52.errors = vErrors;
return errors === 0;
}
validate52.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

