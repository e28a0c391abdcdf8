// Generated from schema/kapso-whatsapp.schema.json by `npm run generate`; do not edit.
"use strict";
export const validate = validate20;
export default validate20;
const schema31 = {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"properties":{"$schema":{"type":"string"},"mode":{"type":"string","enum":["polling","tailscale","domain"]},"kapso":{"type":"object","additionalProperties":false,"properties":{"apiKey":{"type":"string","pattern":"^[!-.0-~][!-~]*$"},"apiKeyFile":{"type":"string","pattern":"\\S"},"phoneNumberId":{"type":"string","pattern":"^\\d+$"},"baseUrl":{"type":"string","pattern":"^https?://[^/?#@\\s]+$"},"apiVersion":{"type":"string","pattern":"^v\\d{1,3}\\.\\d{1,2}$"},"timeout":{"type":"integer","minimum":1,"maximum":600}}},"gateway":{"type":"object","additionalProperties":false,"properties":{"url":{"type":"string","pattern":"^wss?://[^/?#@\\s]+(/[^?#@\\s]*)?$"},"token":{"type":"string","pattern":"^\\S(.*\\S)?$"},"tokenFile":{"type":"string","pattern":"\\S"},"agent":{"type":"string","pattern":"^[a-z0-9][a-z0-9_-]{0,63}$"},"session":{"type":"string","enum":["per-sender","shared"]},"sharedSession":{"type":"string","pattern":"^[a-z0-9][a-z0-9:_+.-]{0,199}$"},"identity":{"type":"string","enum":["auto","always","never"]},"runTimeout":{"type":"integer","minimum":1,"maximum":86400}}},"polling":{"type":"object","additionalProperties":false,"properties":{"interval":{"type":"integer","minimum":5,"maximum":86400},"overlap":{"type":"integer","minimum":60,"maximum":86400},"fallback":{"type":"boolean"},"catchUp":{"type":"boolean"}}},"state":{"type":"object","additionalProperties":false,"properties":{"dir":{"type":"string","pattern":"\\S"},"retention":{"type":"integer","minimum":7,"maximum":3650}}},"webhook":{"type":"object","additionalProperties":false,"properties":{"listen":{"type":"string","pattern":"^(unix:/.+|(\\[[0-9A-Fa-f:.]+\\]|[^:/\\[\\]\\s]*):(\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]))$"},"path":{"type":"string","pattern":"^/[A-Za-z0-9._~/-]*$"},"verifyToken":{"type":"string","pattern":"^\\S(.*\\S)?$"},"verifyTokenFile":{"type":"string","pattern":"\\S"},"secret":{"type":["string","array"],"pattern":"^\\S.*$","minItems":1,"items":{"type":"string","pattern":"^\\S.*$"}},"secretFile":{"type":"string","pattern":"\\S"},"requireSignature":{"type":"boolean"},"publicUrl":{"type":"string","pattern":"^https://[^/?#@\\s]+(/[^\\s?#]*)?$"},"register":{"type":"boolean"},"maxBodyBytes":{"type":"integer","minimum":1024,"maximum":67108864}}},"tailscale":{"type":"object","additionalProperties":false,"properties":{"command":{"type":"string","pattern":"\\S"},"port":{"type":"integer","enum":[443,8443,10000]}}},"access":{"type":"object","additionalProperties":false,"properties":{"policy":{"type":"string","enum":["open","pairing","allowlist","disabled"]},"allowFrom":{"type":["string","array"],"pattern":"^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$","items":{"type":"string","pattern":"^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$"}},"keepDeniedText":{"type":"boolean"},"refusal":{"type":"string","pattern":"\\S"},"contacts":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["id"],"properties":{"id":{"type":"string","pattern":"^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$"},"name":{"type":"string","pattern":"\\S"},"role":{"type":"string","pattern":"^[a-z][a-z0-9-]{0,63}$"},"agent":{"type":"string","pattern":"^[a-z0-9][a-z0-9_-]{0,63}$"},"session":{"type":"string","pattern":"^[a-z0-9][a-z0-9:_+.-]{0,199}$"},"replyVia":{"type":"string","enum":["auto","relay","agent"]},"prompt":{"type":"string","pattern":"\\S"},"mode":{"type":"string","enum":["normal","monitor"]}}}},"roles":{"type":"object","additionalProperties":false,"patternProperties":{"^[a-z][a-z0-9-]{0,63}$":{"type":"object","additionalProperties":false,"properties":{"agent":{"type":"string","pattern":"^[a-z0-9][a-z0-9_-]{0,63}$"},"replyVia":{"type":"string","enum":["auto","relay","agent"]},"prompt":{"type":"string","pattern":"\\S"}}}}},"pairing":{"type":"object","additionalProperties":false,"properties":{"expires":{"type":"integer","minimum":1,"maximum":10080},"most":{"type":"integer","minimum":1,"maximum":10000},"held":{"type":"integer","minimum":1,"maximum":1000},"message":{"type":"string","pattern":"^([^{}]|[{}])*[{]code[}]([^{}]|[{}])*$"}}},"limits":{"type":"object","additionalProperties":false,"properties":{"messagesPerMinute":{"type":"integer","minimum":0,"maximum":100000},"bytesPerMinute":{"type":"integer","minimum":0,"maximum":1073741824},"runsPerMinute":{"type":"integer","minimum":0,"maximum":100000},"totalMessagesPerMinute":{"type":"integer","minimum":0,"maximum":1000000},"totalBytesPerMinute":{"type":"integer","minimum":0,"maximum":1073741824},"totalRunsPerMinute":{"type":"integer","minimum":0,"maximum":1000000},"waiting":{"type":"integer","minimum":0,"maximum":1000000},"notice":{"type":"string","pattern":"\\S"}}},"commands":{"type":"object","additionalProperties":false,"properties":{"enabled":{"type":"boolean"}}}}},"groups":{"type":"object","additionalProperties":false,"properties":{"policy":{"type":"string","enum":["disabled","allowlist","open"]},"allowFrom":{"type":["string","array"],"pattern":"^([+]?[1-9][0-9]{6,14}|[A-Za-z0-9][A-Za-z0-9_.=@+/~-]{0,127})$","items":{"type":"string","pattern":"^([+]?[1-9][0-9]{6,14}|[A-Za-z0-9][A-Za-z0-9_.=@+/~-]{0,127})$"}},"requireMention":{"type":"boolean"},"mentions":{"type":["string","array"],"pattern":"\\S","items":{"type":"string","pattern":"\\S"}}}},"delivery":{"type":"object","additionalProperties":false,"properties":{"parallel":{"type":"integer","minimum":1,"maximum":256},"contextOnly":{"type":"string","pattern":"^(none|(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion)( *, *(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion))*)$"},"gather":{"type":"integer","minimum":0,"maximum":60},"attemptsBeforeNext":{"type":"integer","minimum":1,"maximum":1000},"minAttempts":{"type":"integer","minimum":1,"maximum":1000},"giveUpAfter":{"type":"integer","minimum":1,"maximum":8760}}},"media":{"type":"object","additionalProperties":false,"properties":{"deliver":{"type":"string","enum":["files","links"]},"maxFileSize":{"type":"integer","minimum":1,"maximum":100},"maxTotalSize":{"type":"integer","minimum":1,"maximum":1048576},"retention":{"type":"integer","minimum":1,"maximum":3650},"waitFor":{"type":"integer","minimum":5,"maximum":3600},"sendFrom":{"type":["string","array"],"pattern":"^~?/.+$","items":{"type":"string","pattern":"^~?/.+$"}},"documentCommand":{"type":["string","array"],"pattern":"\\S","minItems":1,"items":{"type":"string","pattern":"\\S"}},"documentTypes":{"type":["string","array"],"pattern":"^[a-z]+/[a-z0-9][a-z0-9.+-]*$","items":{"type":"string","pattern":"^[a-z]+/[a-z0-9][a-z0-9.+-]*$"}}}},"transcribe":{"type":"object","additionalProperties":false,"properties":{"provider":{"type":"string","enum":["openai","deepgram","command"]},"baseUrl":{"type":"string","pattern":"^https?://[^/?#@\\s]+(/[^?#@\\s]*)?$"},"apiKey":{"type":"string","pattern":"^[!-.0-~][!-~]*$"},"apiKeyFile":{"type":"string","pattern":"\\S"},"model":{"type":"string","pattern":"^[A-Za-z0-9@][A-Za-z0-9@._:/-]{0,199}$"},"language":{"type":"string","pattern":"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$"},"command":{"type":["string","array"],"pattern":"\\S","minItems":1,"items":{"type":"string","pattern":"\\S"}},"ffmpeg":{"type":"string","pattern":"\\S"},"timeout":{"type":"integer","minimum":1,"maximum":3600},"maxSize":{"type":"integer","minimum":1,"maximum":100},"parallel":{"type":"integer","minimum":1,"maximum":32}}},"reply":{"type":"object","additionalProperties":false,"properties":{"via":{"type":"string","enum":["auto","relay","agent"]},"lookUpFor":{"type":"integer","minimum":1,"maximum":3600},"onFailure":{"type":"string","pattern":"\\S"},"numbered":{"type":"boolean"},"template":{"type":"string","pattern":"^[a-z0-9_]{1,512}$"},"templateLanguage":{"type":"string","pattern":"^[a-z]{2,3}(_[A-Z]{2})?$"},"mediaHosts":{"type":["string","array"],"pattern":"^([*][.])?[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$","items":{"type":"string","pattern":"^([*][.])?[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$"}},"tellAgent":{"type":"boolean"}}},"receipts":{"type":"object","additionalProperties":false,"properties":{"read":{"type":"boolean"},"typing":{"type":"boolean"},"reaction":{"type":"string","pattern":"\\S"}}},"log":{"type":"object","additionalProperties":false,"properties":{"level":{"type":"string","enum":["debug","info","warn","error"]},"format":{"type":"string","enum":["auto","text","json"]}}},"shutdown":{"type":"object","additionalProperties":false,"properties":{"timeout":{"type":"integer","minimum":0,"maximum":600}}}}};
const func1 = Object.prototype.hasOwnProperty;
const pattern4 = new RegExp("^[!-.0-~][!-~]*$", "u");
const pattern5 = new RegExp("\\S", "u");
const pattern6 = new RegExp("^\\d+$", "u");
const pattern7 = new RegExp("^https?://[^/?#@\\s]+$", "u");
const pattern8 = new RegExp("^v\\d{1,3}\\.\\d{1,2}$", "u");
const pattern9 = new RegExp("^wss?://[^/?#@\\s]+(/[^?#@\\s]*)?$", "u");
const pattern10 = new RegExp("^\\S(.*\\S)?$", "u");
const pattern12 = new RegExp("^[a-z0-9][a-z0-9_-]{0,63}$", "u");
const pattern13 = new RegExp("^[a-z0-9][a-z0-9:_+.-]{0,199}$", "u");
const pattern15 = new RegExp("^(unix:/.+|(\\[[0-9A-Fa-f:.]+\\]|[^:/\\[\\]\\s]*):(\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]))$", "u");
const pattern16 = new RegExp("^/[A-Za-z0-9._~/-]*$", "u");
const pattern19 = new RegExp("^\\S.*$", "u");
const pattern22 = new RegExp("^https://[^/?#@\\s]+(/[^\\s?#]*)?$", "u");
const pattern24 = new RegExp("^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$", "u");
const pattern29 = new RegExp("^[a-z][a-z0-9-]{0,63}$", "u");
const pattern37 = new RegExp("^([^{}]|[{}])*[{]code[}]([^{}]|[{}])*$", "u");
const pattern39 = new RegExp("^([+]?[1-9][0-9]{6,14}|[A-Za-z0-9][A-Za-z0-9_.=@+/~-]{0,127})$", "u");
const pattern43 = new RegExp("^(none|(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion)( *, *(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion))*)$", "u");
const pattern44 = new RegExp("^~?/.+$", "u");
const pattern48 = new RegExp("^[a-z]+/[a-z0-9][a-z0-9.+-]*$", "u");
const pattern50 = new RegExp("^https?://[^/?#@\\s]+(/[^?#@\\s]*)?$", "u");
const pattern53 = new RegExp("^[A-Za-z0-9@][A-Za-z0-9@._:/-]{0,199}$", "u");
const pattern54 = new RegExp("^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$", "u");
const pattern59 = new RegExp("^[a-z0-9_]{1,512}$", "u");
const pattern60 = new RegExp("^[a-z]{2,3}(_[A-Z]{2})?$", "u");
const pattern61 = new RegExp("^([*][.])?[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$", "u");

function validate20(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate20.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func1.call(schema31.properties, key0))){
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
const err3 = {instancePath:instancePath+"/mode",schemaPath:"#/properties/mode/enum",keyword:"enum",params:{allowedValues: schema31.properties.mode.enum}};
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
if(!pattern4.test(data3)){
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
if(!pattern5.test(data4)){
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
if(!pattern6.test(data5)){
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
if(!pattern7.test(data6)){
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
if(!pattern8.test(data7)){
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
if(data.gateway !== undefined){
let data9 = data.gateway;
if(data9 && typeof data9 == "object" && !Array.isArray(data9)){
for(const key2 in data9){
if(!((((((((key2 === "url") || (key2 === "token")) || (key2 === "tokenFile")) || (key2 === "agent")) || (key2 === "session")) || (key2 === "sharedSession")) || (key2 === "identity")) || (key2 === "runTimeout"))){
const err19 = {instancePath:instancePath+"/gateway",schemaPath:"#/properties/gateway/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2}};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
if(data9.url !== undefined){
let data10 = data9.url;
if(typeof data10 === "string"){
if(!pattern9.test(data10)){
const err20 = {instancePath:instancePath+"/gateway/url",schemaPath:"#/properties/gateway/properties/url/pattern",keyword:"pattern",params:{pattern: "^wss?://[^/?#@\\s]+(/[^?#@\\s]*)?$"}};
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
const err21 = {instancePath:instancePath+"/gateway/url",schemaPath:"#/properties/gateway/properties/url/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
if(data9.token !== undefined){
let data11 = data9.token;
if(typeof data11 === "string"){
if(!pattern10.test(data11)){
const err22 = {instancePath:instancePath+"/gateway/token",schemaPath:"#/properties/gateway/properties/token/pattern",keyword:"pattern",params:{pattern: "^\\S(.*\\S)?$"}};
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
const err23 = {instancePath:instancePath+"/gateway/token",schemaPath:"#/properties/gateway/properties/token/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
if(data9.tokenFile !== undefined){
let data12 = data9.tokenFile;
if(typeof data12 === "string"){
if(!pattern5.test(data12)){
const err24 = {instancePath:instancePath+"/gateway/tokenFile",schemaPath:"#/properties/gateway/properties/tokenFile/pattern",keyword:"pattern",params:{pattern: "\\S"}};
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
const err25 = {instancePath:instancePath+"/gateway/tokenFile",schemaPath:"#/properties/gateway/properties/tokenFile/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
if(data9.agent !== undefined){
let data13 = data9.agent;
if(typeof data13 === "string"){
if(!pattern12.test(data13)){
const err26 = {instancePath:instancePath+"/gateway/agent",schemaPath:"#/properties/gateway/properties/agent/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9][a-z0-9_-]{0,63}$"}};
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
const err27 = {instancePath:instancePath+"/gateway/agent",schemaPath:"#/properties/gateway/properties/agent/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
if(data9.session !== undefined){
let data14 = data9.session;
if(typeof data14 !== "string"){
const err28 = {instancePath:instancePath+"/gateway/session",schemaPath:"#/properties/gateway/properties/session/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
if(!((data14 === "per-sender") || (data14 === "shared"))){
const err29 = {instancePath:instancePath+"/gateway/session",schemaPath:"#/properties/gateway/properties/session/enum",keyword:"enum",params:{allowedValues: schema31.properties.gateway.properties.session.enum}};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
if(data9.sharedSession !== undefined){
let data15 = data9.sharedSession;
if(typeof data15 === "string"){
if(!pattern13.test(data15)){
const err30 = {instancePath:instancePath+"/gateway/sharedSession",schemaPath:"#/properties/gateway/properties/sharedSession/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9][a-z0-9:_+.-]{0,199}$"}};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
else {
const err31 = {instancePath:instancePath+"/gateway/sharedSession",schemaPath:"#/properties/gateway/properties/sharedSession/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
if(data9.identity !== undefined){
let data16 = data9.identity;
if(typeof data16 !== "string"){
const err32 = {instancePath:instancePath+"/gateway/identity",schemaPath:"#/properties/gateway/properties/identity/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
if(!(((data16 === "auto") || (data16 === "always")) || (data16 === "never"))){
const err33 = {instancePath:instancePath+"/gateway/identity",schemaPath:"#/properties/gateway/properties/identity/enum",keyword:"enum",params:{allowedValues: schema31.properties.gateway.properties.identity.enum}};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
if(data9.runTimeout !== undefined){
let data17 = data9.runTimeout;
if(!(((typeof data17 == "number") && (!(data17 % 1) && !isNaN(data17))) && (isFinite(data17)))){
const err34 = {instancePath:instancePath+"/gateway/runTimeout",schemaPath:"#/properties/gateway/properties/runTimeout/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
if((typeof data17 == "number") && (isFinite(data17))){
if(data17 > 86400 || isNaN(data17)){
const err35 = {instancePath:instancePath+"/gateway/runTimeout",schemaPath:"#/properties/gateway/properties/runTimeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 86400}};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
if(data17 < 1 || isNaN(data17)){
const err36 = {instancePath:instancePath+"/gateway/runTimeout",schemaPath:"#/properties/gateway/properties/runTimeout/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
}
}
}
else {
const err37 = {instancePath:instancePath+"/gateway",schemaPath:"#/properties/gateway/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
if(data.polling !== undefined){
let data18 = data.polling;
if(data18 && typeof data18 == "object" && !Array.isArray(data18)){
for(const key3 in data18){
if(!((((key3 === "interval") || (key3 === "overlap")) || (key3 === "fallback")) || (key3 === "catchUp"))){
const err38 = {instancePath:instancePath+"/polling",schemaPath:"#/properties/polling/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3}};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
if(data18.interval !== undefined){
let data19 = data18.interval;
if(!(((typeof data19 == "number") && (!(data19 % 1) && !isNaN(data19))) && (isFinite(data19)))){
const err39 = {instancePath:instancePath+"/polling/interval",schemaPath:"#/properties/polling/properties/interval/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
if((typeof data19 == "number") && (isFinite(data19))){
if(data19 > 86400 || isNaN(data19)){
const err40 = {instancePath:instancePath+"/polling/interval",schemaPath:"#/properties/polling/properties/interval/maximum",keyword:"maximum",params:{comparison: "<=", limit: 86400}};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
if(data19 < 5 || isNaN(data19)){
const err41 = {instancePath:instancePath+"/polling/interval",schemaPath:"#/properties/polling/properties/interval/minimum",keyword:"minimum",params:{comparison: ">=", limit: 5}};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
}
if(data18.overlap !== undefined){
let data20 = data18.overlap;
if(!(((typeof data20 == "number") && (!(data20 % 1) && !isNaN(data20))) && (isFinite(data20)))){
const err42 = {instancePath:instancePath+"/polling/overlap",schemaPath:"#/properties/polling/properties/overlap/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
if((typeof data20 == "number") && (isFinite(data20))){
if(data20 > 86400 || isNaN(data20)){
const err43 = {instancePath:instancePath+"/polling/overlap",schemaPath:"#/properties/polling/properties/overlap/maximum",keyword:"maximum",params:{comparison: "<=", limit: 86400}};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
if(data20 < 60 || isNaN(data20)){
const err44 = {instancePath:instancePath+"/polling/overlap",schemaPath:"#/properties/polling/properties/overlap/minimum",keyword:"minimum",params:{comparison: ">=", limit: 60}};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
}
}
if(data18.fallback !== undefined){
if(typeof data18.fallback !== "boolean"){
const err45 = {instancePath:instancePath+"/polling/fallback",schemaPath:"#/properties/polling/properties/fallback/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
}
if(data18.catchUp !== undefined){
if(typeof data18.catchUp !== "boolean"){
const err46 = {instancePath:instancePath+"/polling/catchUp",schemaPath:"#/properties/polling/properties/catchUp/type",keyword:"type",params:{type: "boolean"}};
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
else {
const err47 = {instancePath:instancePath+"/polling",schemaPath:"#/properties/polling/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
}
if(data.state !== undefined){
let data23 = data.state;
if(data23 && typeof data23 == "object" && !Array.isArray(data23)){
for(const key4 in data23){
if(!((key4 === "dir") || (key4 === "retention"))){
const err48 = {instancePath:instancePath+"/state",schemaPath:"#/properties/state/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4}};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
}
if(data23.dir !== undefined){
let data24 = data23.dir;
if(typeof data24 === "string"){
if(!pattern5.test(data24)){
const err49 = {instancePath:instancePath+"/state/dir",schemaPath:"#/properties/state/properties/dir/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
}
else {
const err50 = {instancePath:instancePath+"/state/dir",schemaPath:"#/properties/state/properties/dir/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
}
if(data23.retention !== undefined){
let data25 = data23.retention;
if(!(((typeof data25 == "number") && (!(data25 % 1) && !isNaN(data25))) && (isFinite(data25)))){
const err51 = {instancePath:instancePath+"/state/retention",schemaPath:"#/properties/state/properties/retention/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
if((typeof data25 == "number") && (isFinite(data25))){
if(data25 > 3650 || isNaN(data25)){
const err52 = {instancePath:instancePath+"/state/retention",schemaPath:"#/properties/state/properties/retention/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3650}};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
if(data25 < 7 || isNaN(data25)){
const err53 = {instancePath:instancePath+"/state/retention",schemaPath:"#/properties/state/properties/retention/minimum",keyword:"minimum",params:{comparison: ">=", limit: 7}};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
}
}
}
else {
const err54 = {instancePath:instancePath+"/state",schemaPath:"#/properties/state/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
}
if(data.webhook !== undefined){
let data26 = data.webhook;
if(data26 && typeof data26 == "object" && !Array.isArray(data26)){
for(const key5 in data26){
if(!(func1.call(schema31.properties.webhook.properties, key5))){
const err55 = {instancePath:instancePath+"/webhook",schemaPath:"#/properties/webhook/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5}};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
}
if(data26.listen !== undefined){
let data27 = data26.listen;
if(typeof data27 === "string"){
if(!pattern15.test(data27)){
const err56 = {instancePath:instancePath+"/webhook/listen",schemaPath:"#/properties/webhook/properties/listen/pattern",keyword:"pattern",params:{pattern: "^(unix:/.+|(\\[[0-9A-Fa-f:.]+\\]|[^:/\\[\\]\\s]*):(\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]))$"}};
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
const err57 = {instancePath:instancePath+"/webhook/listen",schemaPath:"#/properties/webhook/properties/listen/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
}
if(data26.path !== undefined){
let data28 = data26.path;
if(typeof data28 === "string"){
if(!pattern16.test(data28)){
const err58 = {instancePath:instancePath+"/webhook/path",schemaPath:"#/properties/webhook/properties/path/pattern",keyword:"pattern",params:{pattern: "^/[A-Za-z0-9._~/-]*$"}};
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
const err59 = {instancePath:instancePath+"/webhook/path",schemaPath:"#/properties/webhook/properties/path/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err59];
}
else {
vErrors.push(err59);
}
errors++;
}
}
if(data26.verifyToken !== undefined){
let data29 = data26.verifyToken;
if(typeof data29 === "string"){
if(!pattern10.test(data29)){
const err60 = {instancePath:instancePath+"/webhook/verifyToken",schemaPath:"#/properties/webhook/properties/verifyToken/pattern",keyword:"pattern",params:{pattern: "^\\S(.*\\S)?$"}};
if(vErrors === null){
vErrors = [err60];
}
else {
vErrors.push(err60);
}
errors++;
}
}
else {
const err61 = {instancePath:instancePath+"/webhook/verifyToken",schemaPath:"#/properties/webhook/properties/verifyToken/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err61];
}
else {
vErrors.push(err61);
}
errors++;
}
}
if(data26.verifyTokenFile !== undefined){
let data30 = data26.verifyTokenFile;
if(typeof data30 === "string"){
if(!pattern5.test(data30)){
const err62 = {instancePath:instancePath+"/webhook/verifyTokenFile",schemaPath:"#/properties/webhook/properties/verifyTokenFile/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err62];
}
else {
vErrors.push(err62);
}
errors++;
}
}
else {
const err63 = {instancePath:instancePath+"/webhook/verifyTokenFile",schemaPath:"#/properties/webhook/properties/verifyTokenFile/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err63];
}
else {
vErrors.push(err63);
}
errors++;
}
}
if(data26.secret !== undefined){
let data31 = data26.secret;
if((typeof data31 !== "string") && (!(Array.isArray(data31)))){
const err64 = {instancePath:instancePath+"/webhook/secret",schemaPath:"#/properties/webhook/properties/secret/type",keyword:"type",params:{type: schema31.properties.webhook.properties.secret.type}};
if(vErrors === null){
vErrors = [err64];
}
else {
vErrors.push(err64);
}
errors++;
}
if(typeof data31 === "string"){
if(!pattern19.test(data31)){
const err65 = {instancePath:instancePath+"/webhook/secret",schemaPath:"#/properties/webhook/properties/secret/pattern",keyword:"pattern",params:{pattern: "^\\S.*$"}};
if(vErrors === null){
vErrors = [err65];
}
else {
vErrors.push(err65);
}
errors++;
}
}
if(Array.isArray(data31)){
if(data31.length < 1){
const err66 = {instancePath:instancePath+"/webhook/secret",schemaPath:"#/properties/webhook/properties/secret/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err66];
}
else {
vErrors.push(err66);
}
errors++;
}
const len0 = data31.length;
for(let i0=0; i0<len0; i0++){
let data32 = data31[i0];
if(typeof data32 === "string"){
if(!pattern19.test(data32)){
const err67 = {instancePath:instancePath+"/webhook/secret/" + i0,schemaPath:"#/properties/webhook/properties/secret/items/pattern",keyword:"pattern",params:{pattern: "^\\S.*$"}};
if(vErrors === null){
vErrors = [err67];
}
else {
vErrors.push(err67);
}
errors++;
}
}
else {
const err68 = {instancePath:instancePath+"/webhook/secret/" + i0,schemaPath:"#/properties/webhook/properties/secret/items/type",keyword:"type",params:{type: "string"}};
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
}
if(data26.secretFile !== undefined){
let data33 = data26.secretFile;
if(typeof data33 === "string"){
if(!pattern5.test(data33)){
const err69 = {instancePath:instancePath+"/webhook/secretFile",schemaPath:"#/properties/webhook/properties/secretFile/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err69];
}
else {
vErrors.push(err69);
}
errors++;
}
}
else {
const err70 = {instancePath:instancePath+"/webhook/secretFile",schemaPath:"#/properties/webhook/properties/secretFile/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err70];
}
else {
vErrors.push(err70);
}
errors++;
}
}
if(data26.requireSignature !== undefined){
if(typeof data26.requireSignature !== "boolean"){
const err71 = {instancePath:instancePath+"/webhook/requireSignature",schemaPath:"#/properties/webhook/properties/requireSignature/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err71];
}
else {
vErrors.push(err71);
}
errors++;
}
}
if(data26.publicUrl !== undefined){
let data35 = data26.publicUrl;
if(typeof data35 === "string"){
if(!pattern22.test(data35)){
const err72 = {instancePath:instancePath+"/webhook/publicUrl",schemaPath:"#/properties/webhook/properties/publicUrl/pattern",keyword:"pattern",params:{pattern: "^https://[^/?#@\\s]+(/[^\\s?#]*)?$"}};
if(vErrors === null){
vErrors = [err72];
}
else {
vErrors.push(err72);
}
errors++;
}
}
else {
const err73 = {instancePath:instancePath+"/webhook/publicUrl",schemaPath:"#/properties/webhook/properties/publicUrl/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err73];
}
else {
vErrors.push(err73);
}
errors++;
}
}
if(data26.register !== undefined){
if(typeof data26.register !== "boolean"){
const err74 = {instancePath:instancePath+"/webhook/register",schemaPath:"#/properties/webhook/properties/register/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err74];
}
else {
vErrors.push(err74);
}
errors++;
}
}
if(data26.maxBodyBytes !== undefined){
let data37 = data26.maxBodyBytes;
if(!(((typeof data37 == "number") && (!(data37 % 1) && !isNaN(data37))) && (isFinite(data37)))){
const err75 = {instancePath:instancePath+"/webhook/maxBodyBytes",schemaPath:"#/properties/webhook/properties/maxBodyBytes/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err75];
}
else {
vErrors.push(err75);
}
errors++;
}
if((typeof data37 == "number") && (isFinite(data37))){
if(data37 > 67108864 || isNaN(data37)){
const err76 = {instancePath:instancePath+"/webhook/maxBodyBytes",schemaPath:"#/properties/webhook/properties/maxBodyBytes/maximum",keyword:"maximum",params:{comparison: "<=", limit: 67108864}};
if(vErrors === null){
vErrors = [err76];
}
else {
vErrors.push(err76);
}
errors++;
}
if(data37 < 1024 || isNaN(data37)){
const err77 = {instancePath:instancePath+"/webhook/maxBodyBytes",schemaPath:"#/properties/webhook/properties/maxBodyBytes/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1024}};
if(vErrors === null){
vErrors = [err77];
}
else {
vErrors.push(err77);
}
errors++;
}
}
}
}
else {
const err78 = {instancePath:instancePath+"/webhook",schemaPath:"#/properties/webhook/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err78];
}
else {
vErrors.push(err78);
}
errors++;
}
}
if(data.tailscale !== undefined){
let data38 = data.tailscale;
if(data38 && typeof data38 == "object" && !Array.isArray(data38)){
for(const key6 in data38){
if(!((key6 === "command") || (key6 === "port"))){
const err79 = {instancePath:instancePath+"/tailscale",schemaPath:"#/properties/tailscale/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6}};
if(vErrors === null){
vErrors = [err79];
}
else {
vErrors.push(err79);
}
errors++;
}
}
if(data38.command !== undefined){
let data39 = data38.command;
if(typeof data39 === "string"){
if(!pattern5.test(data39)){
const err80 = {instancePath:instancePath+"/tailscale/command",schemaPath:"#/properties/tailscale/properties/command/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err80];
}
else {
vErrors.push(err80);
}
errors++;
}
}
else {
const err81 = {instancePath:instancePath+"/tailscale/command",schemaPath:"#/properties/tailscale/properties/command/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err81];
}
else {
vErrors.push(err81);
}
errors++;
}
}
if(data38.port !== undefined){
let data40 = data38.port;
if(!(((typeof data40 == "number") && (!(data40 % 1) && !isNaN(data40))) && (isFinite(data40)))){
const err82 = {instancePath:instancePath+"/tailscale/port",schemaPath:"#/properties/tailscale/properties/port/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err82];
}
else {
vErrors.push(err82);
}
errors++;
}
if(!(((data40 === 443) || (data40 === 8443)) || (data40 === 10000))){
const err83 = {instancePath:instancePath+"/tailscale/port",schemaPath:"#/properties/tailscale/properties/port/enum",keyword:"enum",params:{allowedValues: schema31.properties.tailscale.properties.port.enum}};
if(vErrors === null){
vErrors = [err83];
}
else {
vErrors.push(err83);
}
errors++;
}
}
}
else {
const err84 = {instancePath:instancePath+"/tailscale",schemaPath:"#/properties/tailscale/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err84];
}
else {
vErrors.push(err84);
}
errors++;
}
}
if(data.access !== undefined){
let data41 = data.access;
if(data41 && typeof data41 == "object" && !Array.isArray(data41)){
for(const key7 in data41){
if(!(func1.call(schema31.properties.access.properties, key7))){
const err85 = {instancePath:instancePath+"/access",schemaPath:"#/properties/access/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key7}};
if(vErrors === null){
vErrors = [err85];
}
else {
vErrors.push(err85);
}
errors++;
}
}
if(data41.policy !== undefined){
let data42 = data41.policy;
if(typeof data42 !== "string"){
const err86 = {instancePath:instancePath+"/access/policy",schemaPath:"#/properties/access/properties/policy/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err86];
}
else {
vErrors.push(err86);
}
errors++;
}
if(!((((data42 === "open") || (data42 === "pairing")) || (data42 === "allowlist")) || (data42 === "disabled"))){
const err87 = {instancePath:instancePath+"/access/policy",schemaPath:"#/properties/access/properties/policy/enum",keyword:"enum",params:{allowedValues: schema31.properties.access.properties.policy.enum}};
if(vErrors === null){
vErrors = [err87];
}
else {
vErrors.push(err87);
}
errors++;
}
}
if(data41.allowFrom !== undefined){
let data43 = data41.allowFrom;
if((typeof data43 !== "string") && (!(Array.isArray(data43)))){
const err88 = {instancePath:instancePath+"/access/allowFrom",schemaPath:"#/properties/access/properties/allowFrom/type",keyword:"type",params:{type: schema31.properties.access.properties.allowFrom.type}};
if(vErrors === null){
vErrors = [err88];
}
else {
vErrors.push(err88);
}
errors++;
}
if(typeof data43 === "string"){
if(!pattern24.test(data43)){
const err89 = {instancePath:instancePath+"/access/allowFrom",schemaPath:"#/properties/access/properties/allowFrom/pattern",keyword:"pattern",params:{pattern: "^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$"}};
if(vErrors === null){
vErrors = [err89];
}
else {
vErrors.push(err89);
}
errors++;
}
}
if(Array.isArray(data43)){
const len1 = data43.length;
for(let i1=0; i1<len1; i1++){
let data44 = data43[i1];
if(typeof data44 === "string"){
if(!pattern24.test(data44)){
const err90 = {instancePath:instancePath+"/access/allowFrom/" + i1,schemaPath:"#/properties/access/properties/allowFrom/items/pattern",keyword:"pattern",params:{pattern: "^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$"}};
if(vErrors === null){
vErrors = [err90];
}
else {
vErrors.push(err90);
}
errors++;
}
}
else {
const err91 = {instancePath:instancePath+"/access/allowFrom/" + i1,schemaPath:"#/properties/access/properties/allowFrom/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err91];
}
else {
vErrors.push(err91);
}
errors++;
}
}
}
}
if(data41.keepDeniedText !== undefined){
if(typeof data41.keepDeniedText !== "boolean"){
const err92 = {instancePath:instancePath+"/access/keepDeniedText",schemaPath:"#/properties/access/properties/keepDeniedText/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err92];
}
else {
vErrors.push(err92);
}
errors++;
}
}
if(data41.refusal !== undefined){
let data46 = data41.refusal;
if(typeof data46 === "string"){
if(!pattern5.test(data46)){
const err93 = {instancePath:instancePath+"/access/refusal",schemaPath:"#/properties/access/properties/refusal/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err93];
}
else {
vErrors.push(err93);
}
errors++;
}
}
else {
const err94 = {instancePath:instancePath+"/access/refusal",schemaPath:"#/properties/access/properties/refusal/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err94];
}
else {
vErrors.push(err94);
}
errors++;
}
}
if(data41.contacts !== undefined){
let data47 = data41.contacts;
if(Array.isArray(data47)){
const len2 = data47.length;
for(let i2=0; i2<len2; i2++){
let data48 = data47[i2];
if(data48 && typeof data48 == "object" && !Array.isArray(data48)){
if(data48.id === undefined){
const err95 = {instancePath:instancePath+"/access/contacts/" + i2,schemaPath:"#/properties/access/properties/contacts/items/required",keyword:"required",params:{missingProperty: "id"}};
if(vErrors === null){
vErrors = [err95];
}
else {
vErrors.push(err95);
}
errors++;
}
for(const key8 in data48){
if(!((((((((key8 === "id") || (key8 === "name")) || (key8 === "role")) || (key8 === "agent")) || (key8 === "session")) || (key8 === "replyVia")) || (key8 === "prompt")) || (key8 === "mode"))){
const err96 = {instancePath:instancePath+"/access/contacts/" + i2,schemaPath:"#/properties/access/properties/contacts/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key8}};
if(vErrors === null){
vErrors = [err96];
}
else {
vErrors.push(err96);
}
errors++;
}
}
if(data48.id !== undefined){
let data49 = data48.id;
if(typeof data49 === "string"){
if(!pattern24.test(data49)){
const err97 = {instancePath:instancePath+"/access/contacts/" + i2+"/id",schemaPath:"#/properties/access/properties/contacts/items/properties/id/pattern",keyword:"pattern",params:{pattern: "^([+]?[1-9][0-9]{6,14}|[A-Z]{2}([.][A-Z]{2,8})?[.][A-Za-z0-9_-]{1,128}|user[.][0-9a-fA-F]{1,128})$"}};
if(vErrors === null){
vErrors = [err97];
}
else {
vErrors.push(err97);
}
errors++;
}
}
else {
const err98 = {instancePath:instancePath+"/access/contacts/" + i2+"/id",schemaPath:"#/properties/access/properties/contacts/items/properties/id/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err98];
}
else {
vErrors.push(err98);
}
errors++;
}
}
if(data48.name !== undefined){
let data50 = data48.name;
if(typeof data50 === "string"){
if(!pattern5.test(data50)){
const err99 = {instancePath:instancePath+"/access/contacts/" + i2+"/name",schemaPath:"#/properties/access/properties/contacts/items/properties/name/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err99];
}
else {
vErrors.push(err99);
}
errors++;
}
}
else {
const err100 = {instancePath:instancePath+"/access/contacts/" + i2+"/name",schemaPath:"#/properties/access/properties/contacts/items/properties/name/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err100];
}
else {
vErrors.push(err100);
}
errors++;
}
}
if(data48.role !== undefined){
let data51 = data48.role;
if(typeof data51 === "string"){
if(!pattern29.test(data51)){
const err101 = {instancePath:instancePath+"/access/contacts/" + i2+"/role",schemaPath:"#/properties/access/properties/contacts/items/properties/role/pattern",keyword:"pattern",params:{pattern: "^[a-z][a-z0-9-]{0,63}$"}};
if(vErrors === null){
vErrors = [err101];
}
else {
vErrors.push(err101);
}
errors++;
}
}
else {
const err102 = {instancePath:instancePath+"/access/contacts/" + i2+"/role",schemaPath:"#/properties/access/properties/contacts/items/properties/role/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err102];
}
else {
vErrors.push(err102);
}
errors++;
}
}
if(data48.agent !== undefined){
let data52 = data48.agent;
if(typeof data52 === "string"){
if(!pattern12.test(data52)){
const err103 = {instancePath:instancePath+"/access/contacts/" + i2+"/agent",schemaPath:"#/properties/access/properties/contacts/items/properties/agent/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9][a-z0-9_-]{0,63}$"}};
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
const err104 = {instancePath:instancePath+"/access/contacts/" + i2+"/agent",schemaPath:"#/properties/access/properties/contacts/items/properties/agent/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err104];
}
else {
vErrors.push(err104);
}
errors++;
}
}
if(data48.session !== undefined){
let data53 = data48.session;
if(typeof data53 === "string"){
if(!pattern13.test(data53)){
const err105 = {instancePath:instancePath+"/access/contacts/" + i2+"/session",schemaPath:"#/properties/access/properties/contacts/items/properties/session/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9][a-z0-9:_+.-]{0,199}$"}};
if(vErrors === null){
vErrors = [err105];
}
else {
vErrors.push(err105);
}
errors++;
}
}
else {
const err106 = {instancePath:instancePath+"/access/contacts/" + i2+"/session",schemaPath:"#/properties/access/properties/contacts/items/properties/session/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err106];
}
else {
vErrors.push(err106);
}
errors++;
}
}
if(data48.replyVia !== undefined){
let data54 = data48.replyVia;
if(typeof data54 !== "string"){
const err107 = {instancePath:instancePath+"/access/contacts/" + i2+"/replyVia",schemaPath:"#/properties/access/properties/contacts/items/properties/replyVia/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err107];
}
else {
vErrors.push(err107);
}
errors++;
}
if(!(((data54 === "auto") || (data54 === "relay")) || (data54 === "agent"))){
const err108 = {instancePath:instancePath+"/access/contacts/" + i2+"/replyVia",schemaPath:"#/properties/access/properties/contacts/items/properties/replyVia/enum",keyword:"enum",params:{allowedValues: schema31.properties.access.properties.contacts.items.properties.replyVia.enum}};
if(vErrors === null){
vErrors = [err108];
}
else {
vErrors.push(err108);
}
errors++;
}
}
if(data48.prompt !== undefined){
let data55 = data48.prompt;
if(typeof data55 === "string"){
if(!pattern5.test(data55)){
const err109 = {instancePath:instancePath+"/access/contacts/" + i2+"/prompt",schemaPath:"#/properties/access/properties/contacts/items/properties/prompt/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err109];
}
else {
vErrors.push(err109);
}
errors++;
}
}
else {
const err110 = {instancePath:instancePath+"/access/contacts/" + i2+"/prompt",schemaPath:"#/properties/access/properties/contacts/items/properties/prompt/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err110];
}
else {
vErrors.push(err110);
}
errors++;
}
}
if(data48.mode !== undefined){
let data56 = data48.mode;
if(typeof data56 !== "string"){
const err111 = {instancePath:instancePath+"/access/contacts/" + i2+"/mode",schemaPath:"#/properties/access/properties/contacts/items/properties/mode/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err111];
}
else {
vErrors.push(err111);
}
errors++;
}
if(!((data56 === "normal") || (data56 === "monitor"))){
const err112 = {instancePath:instancePath+"/access/contacts/" + i2+"/mode",schemaPath:"#/properties/access/properties/contacts/items/properties/mode/enum",keyword:"enum",params:{allowedValues: schema31.properties.access.properties.contacts.items.properties.mode.enum}};
if(vErrors === null){
vErrors = [err112];
}
else {
vErrors.push(err112);
}
errors++;
}
}
}
else {
const err113 = {instancePath:instancePath+"/access/contacts/" + i2,schemaPath:"#/properties/access/properties/contacts/items/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err113];
}
else {
vErrors.push(err113);
}
errors++;
}
}
}
else {
const err114 = {instancePath:instancePath+"/access/contacts",schemaPath:"#/properties/access/properties/contacts/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err114];
}
else {
vErrors.push(err114);
}
errors++;
}
}
if(data41.roles !== undefined){
let data57 = data41.roles;
if(data57 && typeof data57 == "object" && !Array.isArray(data57)){
for(const key9 in data57){
if(!(pattern29.test(key9))){
const err115 = {instancePath:instancePath+"/access/roles",schemaPath:"#/properties/access/properties/roles/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key9}};
if(vErrors === null){
vErrors = [err115];
}
else {
vErrors.push(err115);
}
errors++;
}
}
for(const key10 in data57){
if(pattern29.test(key10)){
let data58 = data57[key10];
if(data58 && typeof data58 == "object" && !Array.isArray(data58)){
for(const key11 in data58){
if(!(((key11 === "agent") || (key11 === "replyVia")) || (key11 === "prompt"))){
const err116 = {instancePath:instancePath+"/access/roles/" + key10.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/access/properties/roles/patternProperties/%5E%5Ba-z%5D%5Ba-z0-9-%5D%7B0%2C63%7D%24/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key11}};
if(vErrors === null){
vErrors = [err116];
}
else {
vErrors.push(err116);
}
errors++;
}
}
if(data58.agent !== undefined){
let data59 = data58.agent;
if(typeof data59 === "string"){
if(!pattern12.test(data59)){
const err117 = {instancePath:instancePath+"/access/roles/" + key10.replace(/~/g, "~0").replace(/\//g, "~1")+"/agent",schemaPath:"#/properties/access/properties/roles/patternProperties/%5E%5Ba-z%5D%5Ba-z0-9-%5D%7B0%2C63%7D%24/properties/agent/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9][a-z0-9_-]{0,63}$"}};
if(vErrors === null){
vErrors = [err117];
}
else {
vErrors.push(err117);
}
errors++;
}
}
else {
const err118 = {instancePath:instancePath+"/access/roles/" + key10.replace(/~/g, "~0").replace(/\//g, "~1")+"/agent",schemaPath:"#/properties/access/properties/roles/patternProperties/%5E%5Ba-z%5D%5Ba-z0-9-%5D%7B0%2C63%7D%24/properties/agent/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err118];
}
else {
vErrors.push(err118);
}
errors++;
}
}
if(data58.replyVia !== undefined){
let data60 = data58.replyVia;
if(typeof data60 !== "string"){
const err119 = {instancePath:instancePath+"/access/roles/" + key10.replace(/~/g, "~0").replace(/\//g, "~1")+"/replyVia",schemaPath:"#/properties/access/properties/roles/patternProperties/%5E%5Ba-z%5D%5Ba-z0-9-%5D%7B0%2C63%7D%24/properties/replyVia/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err119];
}
else {
vErrors.push(err119);
}
errors++;
}
if(!(((data60 === "auto") || (data60 === "relay")) || (data60 === "agent"))){
const err120 = {instancePath:instancePath+"/access/roles/" + key10.replace(/~/g, "~0").replace(/\//g, "~1")+"/replyVia",schemaPath:"#/properties/access/properties/roles/patternProperties/%5E%5Ba-z%5D%5Ba-z0-9-%5D%7B0%2C63%7D%24/properties/replyVia/enum",keyword:"enum",params:{allowedValues: schema31.properties.access.properties.roles.patternProperties["^[a-z][a-z0-9-]{0,63}$"].properties.replyVia.enum}};
if(vErrors === null){
vErrors = [err120];
}
else {
vErrors.push(err120);
}
errors++;
}
}
if(data58.prompt !== undefined){
let data61 = data58.prompt;
if(typeof data61 === "string"){
if(!pattern5.test(data61)){
const err121 = {instancePath:instancePath+"/access/roles/" + key10.replace(/~/g, "~0").replace(/\//g, "~1")+"/prompt",schemaPath:"#/properties/access/properties/roles/patternProperties/%5E%5Ba-z%5D%5Ba-z0-9-%5D%7B0%2C63%7D%24/properties/prompt/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err121];
}
else {
vErrors.push(err121);
}
errors++;
}
}
else {
const err122 = {instancePath:instancePath+"/access/roles/" + key10.replace(/~/g, "~0").replace(/\//g, "~1")+"/prompt",schemaPath:"#/properties/access/properties/roles/patternProperties/%5E%5Ba-z%5D%5Ba-z0-9-%5D%7B0%2C63%7D%24/properties/prompt/type",keyword:"type",params:{type: "string"}};
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
else {
const err123 = {instancePath:instancePath+"/access/roles/" + key10.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/access/properties/roles/patternProperties/%5E%5Ba-z%5D%5Ba-z0-9-%5D%7B0%2C63%7D%24/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err123];
}
else {
vErrors.push(err123);
}
errors++;
}
}
}
}
else {
const err124 = {instancePath:instancePath+"/access/roles",schemaPath:"#/properties/access/properties/roles/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err124];
}
else {
vErrors.push(err124);
}
errors++;
}
}
if(data41.pairing !== undefined){
let data62 = data41.pairing;
if(data62 && typeof data62 == "object" && !Array.isArray(data62)){
for(const key12 in data62){
if(!((((key12 === "expires") || (key12 === "most")) || (key12 === "held")) || (key12 === "message"))){
const err125 = {instancePath:instancePath+"/access/pairing",schemaPath:"#/properties/access/properties/pairing/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key12}};
if(vErrors === null){
vErrors = [err125];
}
else {
vErrors.push(err125);
}
errors++;
}
}
if(data62.expires !== undefined){
let data63 = data62.expires;
if(!(((typeof data63 == "number") && (!(data63 % 1) && !isNaN(data63))) && (isFinite(data63)))){
const err126 = {instancePath:instancePath+"/access/pairing/expires",schemaPath:"#/properties/access/properties/pairing/properties/expires/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err126];
}
else {
vErrors.push(err126);
}
errors++;
}
if((typeof data63 == "number") && (isFinite(data63))){
if(data63 > 10080 || isNaN(data63)){
const err127 = {instancePath:instancePath+"/access/pairing/expires",schemaPath:"#/properties/access/properties/pairing/properties/expires/maximum",keyword:"maximum",params:{comparison: "<=", limit: 10080}};
if(vErrors === null){
vErrors = [err127];
}
else {
vErrors.push(err127);
}
errors++;
}
if(data63 < 1 || isNaN(data63)){
const err128 = {instancePath:instancePath+"/access/pairing/expires",schemaPath:"#/properties/access/properties/pairing/properties/expires/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err128];
}
else {
vErrors.push(err128);
}
errors++;
}
}
}
if(data62.most !== undefined){
let data64 = data62.most;
if(!(((typeof data64 == "number") && (!(data64 % 1) && !isNaN(data64))) && (isFinite(data64)))){
const err129 = {instancePath:instancePath+"/access/pairing/most",schemaPath:"#/properties/access/properties/pairing/properties/most/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err129];
}
else {
vErrors.push(err129);
}
errors++;
}
if((typeof data64 == "number") && (isFinite(data64))){
if(data64 > 10000 || isNaN(data64)){
const err130 = {instancePath:instancePath+"/access/pairing/most",schemaPath:"#/properties/access/properties/pairing/properties/most/maximum",keyword:"maximum",params:{comparison: "<=", limit: 10000}};
if(vErrors === null){
vErrors = [err130];
}
else {
vErrors.push(err130);
}
errors++;
}
if(data64 < 1 || isNaN(data64)){
const err131 = {instancePath:instancePath+"/access/pairing/most",schemaPath:"#/properties/access/properties/pairing/properties/most/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err131];
}
else {
vErrors.push(err131);
}
errors++;
}
}
}
if(data62.held !== undefined){
let data65 = data62.held;
if(!(((typeof data65 == "number") && (!(data65 % 1) && !isNaN(data65))) && (isFinite(data65)))){
const err132 = {instancePath:instancePath+"/access/pairing/held",schemaPath:"#/properties/access/properties/pairing/properties/held/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err132];
}
else {
vErrors.push(err132);
}
errors++;
}
if((typeof data65 == "number") && (isFinite(data65))){
if(data65 > 1000 || isNaN(data65)){
const err133 = {instancePath:instancePath+"/access/pairing/held",schemaPath:"#/properties/access/properties/pairing/properties/held/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000}};
if(vErrors === null){
vErrors = [err133];
}
else {
vErrors.push(err133);
}
errors++;
}
if(data65 < 1 || isNaN(data65)){
const err134 = {instancePath:instancePath+"/access/pairing/held",schemaPath:"#/properties/access/properties/pairing/properties/held/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err134];
}
else {
vErrors.push(err134);
}
errors++;
}
}
}
if(data62.message !== undefined){
let data66 = data62.message;
if(typeof data66 === "string"){
if(!pattern37.test(data66)){
const err135 = {instancePath:instancePath+"/access/pairing/message",schemaPath:"#/properties/access/properties/pairing/properties/message/pattern",keyword:"pattern",params:{pattern: "^([^{}]|[{}])*[{]code[}]([^{}]|[{}])*$"}};
if(vErrors === null){
vErrors = [err135];
}
else {
vErrors.push(err135);
}
errors++;
}
}
else {
const err136 = {instancePath:instancePath+"/access/pairing/message",schemaPath:"#/properties/access/properties/pairing/properties/message/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err136];
}
else {
vErrors.push(err136);
}
errors++;
}
}
}
else {
const err137 = {instancePath:instancePath+"/access/pairing",schemaPath:"#/properties/access/properties/pairing/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err137];
}
else {
vErrors.push(err137);
}
errors++;
}
}
if(data41.limits !== undefined){
let data67 = data41.limits;
if(data67 && typeof data67 == "object" && !Array.isArray(data67)){
for(const key13 in data67){
if(!((((((((key13 === "messagesPerMinute") || (key13 === "bytesPerMinute")) || (key13 === "runsPerMinute")) || (key13 === "totalMessagesPerMinute")) || (key13 === "totalBytesPerMinute")) || (key13 === "totalRunsPerMinute")) || (key13 === "waiting")) || (key13 === "notice"))){
const err138 = {instancePath:instancePath+"/access/limits",schemaPath:"#/properties/access/properties/limits/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key13}};
if(vErrors === null){
vErrors = [err138];
}
else {
vErrors.push(err138);
}
errors++;
}
}
if(data67.messagesPerMinute !== undefined){
let data68 = data67.messagesPerMinute;
if(!(((typeof data68 == "number") && (!(data68 % 1) && !isNaN(data68))) && (isFinite(data68)))){
const err139 = {instancePath:instancePath+"/access/limits/messagesPerMinute",schemaPath:"#/properties/access/properties/limits/properties/messagesPerMinute/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err139];
}
else {
vErrors.push(err139);
}
errors++;
}
if((typeof data68 == "number") && (isFinite(data68))){
if(data68 > 100000 || isNaN(data68)){
const err140 = {instancePath:instancePath+"/access/limits/messagesPerMinute",schemaPath:"#/properties/access/properties/limits/properties/messagesPerMinute/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100000}};
if(vErrors === null){
vErrors = [err140];
}
else {
vErrors.push(err140);
}
errors++;
}
if(data68 < 0 || isNaN(data68)){
const err141 = {instancePath:instancePath+"/access/limits/messagesPerMinute",schemaPath:"#/properties/access/properties/limits/properties/messagesPerMinute/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err141];
}
else {
vErrors.push(err141);
}
errors++;
}
}
}
if(data67.bytesPerMinute !== undefined){
let data69 = data67.bytesPerMinute;
if(!(((typeof data69 == "number") && (!(data69 % 1) && !isNaN(data69))) && (isFinite(data69)))){
const err142 = {instancePath:instancePath+"/access/limits/bytesPerMinute",schemaPath:"#/properties/access/properties/limits/properties/bytesPerMinute/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err142];
}
else {
vErrors.push(err142);
}
errors++;
}
if((typeof data69 == "number") && (isFinite(data69))){
if(data69 > 1073741824 || isNaN(data69)){
const err143 = {instancePath:instancePath+"/access/limits/bytesPerMinute",schemaPath:"#/properties/access/properties/limits/properties/bytesPerMinute/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1073741824}};
if(vErrors === null){
vErrors = [err143];
}
else {
vErrors.push(err143);
}
errors++;
}
if(data69 < 0 || isNaN(data69)){
const err144 = {instancePath:instancePath+"/access/limits/bytesPerMinute",schemaPath:"#/properties/access/properties/limits/properties/bytesPerMinute/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err144];
}
else {
vErrors.push(err144);
}
errors++;
}
}
}
if(data67.runsPerMinute !== undefined){
let data70 = data67.runsPerMinute;
if(!(((typeof data70 == "number") && (!(data70 % 1) && !isNaN(data70))) && (isFinite(data70)))){
const err145 = {instancePath:instancePath+"/access/limits/runsPerMinute",schemaPath:"#/properties/access/properties/limits/properties/runsPerMinute/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err145];
}
else {
vErrors.push(err145);
}
errors++;
}
if((typeof data70 == "number") && (isFinite(data70))){
if(data70 > 100000 || isNaN(data70)){
const err146 = {instancePath:instancePath+"/access/limits/runsPerMinute",schemaPath:"#/properties/access/properties/limits/properties/runsPerMinute/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100000}};
if(vErrors === null){
vErrors = [err146];
}
else {
vErrors.push(err146);
}
errors++;
}
if(data70 < 0 || isNaN(data70)){
const err147 = {instancePath:instancePath+"/access/limits/runsPerMinute",schemaPath:"#/properties/access/properties/limits/properties/runsPerMinute/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err147];
}
else {
vErrors.push(err147);
}
errors++;
}
}
}
if(data67.totalMessagesPerMinute !== undefined){
let data71 = data67.totalMessagesPerMinute;
if(!(((typeof data71 == "number") && (!(data71 % 1) && !isNaN(data71))) && (isFinite(data71)))){
const err148 = {instancePath:instancePath+"/access/limits/totalMessagesPerMinute",schemaPath:"#/properties/access/properties/limits/properties/totalMessagesPerMinute/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err148];
}
else {
vErrors.push(err148);
}
errors++;
}
if((typeof data71 == "number") && (isFinite(data71))){
if(data71 > 1000000 || isNaN(data71)){
const err149 = {instancePath:instancePath+"/access/limits/totalMessagesPerMinute",schemaPath:"#/properties/access/properties/limits/properties/totalMessagesPerMinute/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000}};
if(vErrors === null){
vErrors = [err149];
}
else {
vErrors.push(err149);
}
errors++;
}
if(data71 < 0 || isNaN(data71)){
const err150 = {instancePath:instancePath+"/access/limits/totalMessagesPerMinute",schemaPath:"#/properties/access/properties/limits/properties/totalMessagesPerMinute/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err150];
}
else {
vErrors.push(err150);
}
errors++;
}
}
}
if(data67.totalBytesPerMinute !== undefined){
let data72 = data67.totalBytesPerMinute;
if(!(((typeof data72 == "number") && (!(data72 % 1) && !isNaN(data72))) && (isFinite(data72)))){
const err151 = {instancePath:instancePath+"/access/limits/totalBytesPerMinute",schemaPath:"#/properties/access/properties/limits/properties/totalBytesPerMinute/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err151];
}
else {
vErrors.push(err151);
}
errors++;
}
if((typeof data72 == "number") && (isFinite(data72))){
if(data72 > 1073741824 || isNaN(data72)){
const err152 = {instancePath:instancePath+"/access/limits/totalBytesPerMinute",schemaPath:"#/properties/access/properties/limits/properties/totalBytesPerMinute/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1073741824}};
if(vErrors === null){
vErrors = [err152];
}
else {
vErrors.push(err152);
}
errors++;
}
if(data72 < 0 || isNaN(data72)){
const err153 = {instancePath:instancePath+"/access/limits/totalBytesPerMinute",schemaPath:"#/properties/access/properties/limits/properties/totalBytesPerMinute/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err153];
}
else {
vErrors.push(err153);
}
errors++;
}
}
}
if(data67.totalRunsPerMinute !== undefined){
let data73 = data67.totalRunsPerMinute;
if(!(((typeof data73 == "number") && (!(data73 % 1) && !isNaN(data73))) && (isFinite(data73)))){
const err154 = {instancePath:instancePath+"/access/limits/totalRunsPerMinute",schemaPath:"#/properties/access/properties/limits/properties/totalRunsPerMinute/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err154];
}
else {
vErrors.push(err154);
}
errors++;
}
if((typeof data73 == "number") && (isFinite(data73))){
if(data73 > 1000000 || isNaN(data73)){
const err155 = {instancePath:instancePath+"/access/limits/totalRunsPerMinute",schemaPath:"#/properties/access/properties/limits/properties/totalRunsPerMinute/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000}};
if(vErrors === null){
vErrors = [err155];
}
else {
vErrors.push(err155);
}
errors++;
}
if(data73 < 0 || isNaN(data73)){
const err156 = {instancePath:instancePath+"/access/limits/totalRunsPerMinute",schemaPath:"#/properties/access/properties/limits/properties/totalRunsPerMinute/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err156];
}
else {
vErrors.push(err156);
}
errors++;
}
}
}
if(data67.waiting !== undefined){
let data74 = data67.waiting;
if(!(((typeof data74 == "number") && (!(data74 % 1) && !isNaN(data74))) && (isFinite(data74)))){
const err157 = {instancePath:instancePath+"/access/limits/waiting",schemaPath:"#/properties/access/properties/limits/properties/waiting/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err157];
}
else {
vErrors.push(err157);
}
errors++;
}
if((typeof data74 == "number") && (isFinite(data74))){
if(data74 > 1000000 || isNaN(data74)){
const err158 = {instancePath:instancePath+"/access/limits/waiting",schemaPath:"#/properties/access/properties/limits/properties/waiting/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000}};
if(vErrors === null){
vErrors = [err158];
}
else {
vErrors.push(err158);
}
errors++;
}
if(data74 < 0 || isNaN(data74)){
const err159 = {instancePath:instancePath+"/access/limits/waiting",schemaPath:"#/properties/access/properties/limits/properties/waiting/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err159];
}
else {
vErrors.push(err159);
}
errors++;
}
}
}
if(data67.notice !== undefined){
let data75 = data67.notice;
if(typeof data75 === "string"){
if(!pattern5.test(data75)){
const err160 = {instancePath:instancePath+"/access/limits/notice",schemaPath:"#/properties/access/properties/limits/properties/notice/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err160];
}
else {
vErrors.push(err160);
}
errors++;
}
}
else {
const err161 = {instancePath:instancePath+"/access/limits/notice",schemaPath:"#/properties/access/properties/limits/properties/notice/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err161];
}
else {
vErrors.push(err161);
}
errors++;
}
}
}
else {
const err162 = {instancePath:instancePath+"/access/limits",schemaPath:"#/properties/access/properties/limits/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err162];
}
else {
vErrors.push(err162);
}
errors++;
}
}
if(data41.commands !== undefined){
let data76 = data41.commands;
if(data76 && typeof data76 == "object" && !Array.isArray(data76)){
for(const key14 in data76){
if(!(key14 === "enabled")){
const err163 = {instancePath:instancePath+"/access/commands",schemaPath:"#/properties/access/properties/commands/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key14}};
if(vErrors === null){
vErrors = [err163];
}
else {
vErrors.push(err163);
}
errors++;
}
}
if(data76.enabled !== undefined){
if(typeof data76.enabled !== "boolean"){
const err164 = {instancePath:instancePath+"/access/commands/enabled",schemaPath:"#/properties/access/properties/commands/properties/enabled/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err164];
}
else {
vErrors.push(err164);
}
errors++;
}
}
}
else {
const err165 = {instancePath:instancePath+"/access/commands",schemaPath:"#/properties/access/properties/commands/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err165];
}
else {
vErrors.push(err165);
}
errors++;
}
}
}
else {
const err166 = {instancePath:instancePath+"/access",schemaPath:"#/properties/access/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err166];
}
else {
vErrors.push(err166);
}
errors++;
}
}
if(data.groups !== undefined){
let data78 = data.groups;
if(data78 && typeof data78 == "object" && !Array.isArray(data78)){
for(const key15 in data78){
if(!((((key15 === "policy") || (key15 === "allowFrom")) || (key15 === "requireMention")) || (key15 === "mentions"))){
const err167 = {instancePath:instancePath+"/groups",schemaPath:"#/properties/groups/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key15}};
if(vErrors === null){
vErrors = [err167];
}
else {
vErrors.push(err167);
}
errors++;
}
}
if(data78.policy !== undefined){
let data79 = data78.policy;
if(typeof data79 !== "string"){
const err168 = {instancePath:instancePath+"/groups/policy",schemaPath:"#/properties/groups/properties/policy/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err168];
}
else {
vErrors.push(err168);
}
errors++;
}
if(!(((data79 === "disabled") || (data79 === "allowlist")) || (data79 === "open"))){
const err169 = {instancePath:instancePath+"/groups/policy",schemaPath:"#/properties/groups/properties/policy/enum",keyword:"enum",params:{allowedValues: schema31.properties.groups.properties.policy.enum}};
if(vErrors === null){
vErrors = [err169];
}
else {
vErrors.push(err169);
}
errors++;
}
}
if(data78.allowFrom !== undefined){
let data80 = data78.allowFrom;
if((typeof data80 !== "string") && (!(Array.isArray(data80)))){
const err170 = {instancePath:instancePath+"/groups/allowFrom",schemaPath:"#/properties/groups/properties/allowFrom/type",keyword:"type",params:{type: schema31.properties.groups.properties.allowFrom.type}};
if(vErrors === null){
vErrors = [err170];
}
else {
vErrors.push(err170);
}
errors++;
}
if(typeof data80 === "string"){
if(!pattern39.test(data80)){
const err171 = {instancePath:instancePath+"/groups/allowFrom",schemaPath:"#/properties/groups/properties/allowFrom/pattern",keyword:"pattern",params:{pattern: "^([+]?[1-9][0-9]{6,14}|[A-Za-z0-9][A-Za-z0-9_.=@+/~-]{0,127})$"}};
if(vErrors === null){
vErrors = [err171];
}
else {
vErrors.push(err171);
}
errors++;
}
}
if(Array.isArray(data80)){
const len3 = data80.length;
for(let i3=0; i3<len3; i3++){
let data81 = data80[i3];
if(typeof data81 === "string"){
if(!pattern39.test(data81)){
const err172 = {instancePath:instancePath+"/groups/allowFrom/" + i3,schemaPath:"#/properties/groups/properties/allowFrom/items/pattern",keyword:"pattern",params:{pattern: "^([+]?[1-9][0-9]{6,14}|[A-Za-z0-9][A-Za-z0-9_.=@+/~-]{0,127})$"}};
if(vErrors === null){
vErrors = [err172];
}
else {
vErrors.push(err172);
}
errors++;
}
}
else {
const err173 = {instancePath:instancePath+"/groups/allowFrom/" + i3,schemaPath:"#/properties/groups/properties/allowFrom/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err173];
}
else {
vErrors.push(err173);
}
errors++;
}
}
}
}
if(data78.requireMention !== undefined){
if(typeof data78.requireMention !== "boolean"){
const err174 = {instancePath:instancePath+"/groups/requireMention",schemaPath:"#/properties/groups/properties/requireMention/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err174];
}
else {
vErrors.push(err174);
}
errors++;
}
}
if(data78.mentions !== undefined){
let data83 = data78.mentions;
if((typeof data83 !== "string") && (!(Array.isArray(data83)))){
const err175 = {instancePath:instancePath+"/groups/mentions",schemaPath:"#/properties/groups/properties/mentions/type",keyword:"type",params:{type: schema31.properties.groups.properties.mentions.type}};
if(vErrors === null){
vErrors = [err175];
}
else {
vErrors.push(err175);
}
errors++;
}
if(typeof data83 === "string"){
if(!pattern5.test(data83)){
const err176 = {instancePath:instancePath+"/groups/mentions",schemaPath:"#/properties/groups/properties/mentions/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err176];
}
else {
vErrors.push(err176);
}
errors++;
}
}
if(Array.isArray(data83)){
const len4 = data83.length;
for(let i4=0; i4<len4; i4++){
let data84 = data83[i4];
if(typeof data84 === "string"){
if(!pattern5.test(data84)){
const err177 = {instancePath:instancePath+"/groups/mentions/" + i4,schemaPath:"#/properties/groups/properties/mentions/items/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err177];
}
else {
vErrors.push(err177);
}
errors++;
}
}
else {
const err178 = {instancePath:instancePath+"/groups/mentions/" + i4,schemaPath:"#/properties/groups/properties/mentions/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err178];
}
else {
vErrors.push(err178);
}
errors++;
}
}
}
}
}
else {
const err179 = {instancePath:instancePath+"/groups",schemaPath:"#/properties/groups/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err179];
}
else {
vErrors.push(err179);
}
errors++;
}
}
if(data.delivery !== undefined){
let data85 = data.delivery;
if(data85 && typeof data85 == "object" && !Array.isArray(data85)){
for(const key16 in data85){
if(!((((((key16 === "parallel") || (key16 === "contextOnly")) || (key16 === "gather")) || (key16 === "attemptsBeforeNext")) || (key16 === "minAttempts")) || (key16 === "giveUpAfter"))){
const err180 = {instancePath:instancePath+"/delivery",schemaPath:"#/properties/delivery/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key16}};
if(vErrors === null){
vErrors = [err180];
}
else {
vErrors.push(err180);
}
errors++;
}
}
if(data85.parallel !== undefined){
let data86 = data85.parallel;
if(!(((typeof data86 == "number") && (!(data86 % 1) && !isNaN(data86))) && (isFinite(data86)))){
const err181 = {instancePath:instancePath+"/delivery/parallel",schemaPath:"#/properties/delivery/properties/parallel/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err181];
}
else {
vErrors.push(err181);
}
errors++;
}
if((typeof data86 == "number") && (isFinite(data86))){
if(data86 > 256 || isNaN(data86)){
const err182 = {instancePath:instancePath+"/delivery/parallel",schemaPath:"#/properties/delivery/properties/parallel/maximum",keyword:"maximum",params:{comparison: "<=", limit: 256}};
if(vErrors === null){
vErrors = [err182];
}
else {
vErrors.push(err182);
}
errors++;
}
if(data86 < 1 || isNaN(data86)){
const err183 = {instancePath:instancePath+"/delivery/parallel",schemaPath:"#/properties/delivery/properties/parallel/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err183];
}
else {
vErrors.push(err183);
}
errors++;
}
}
}
if(data85.contextOnly !== undefined){
let data87 = data85.contextOnly;
if(typeof data87 === "string"){
if(!pattern43.test(data87)){
const err184 = {instancePath:instancePath+"/delivery/contextOnly",schemaPath:"#/properties/delivery/properties/contextOnly/pattern",keyword:"pattern",params:{pattern: "^(none|(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion)( *, *(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion))*)$"}};
if(vErrors === null){
vErrors = [err184];
}
else {
vErrors.push(err184);
}
errors++;
}
}
else {
const err185 = {instancePath:instancePath+"/delivery/contextOnly",schemaPath:"#/properties/delivery/properties/contextOnly/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err185];
}
else {
vErrors.push(err185);
}
errors++;
}
}
if(data85.gather !== undefined){
let data88 = data85.gather;
if(!(((typeof data88 == "number") && (!(data88 % 1) && !isNaN(data88))) && (isFinite(data88)))){
const err186 = {instancePath:instancePath+"/delivery/gather",schemaPath:"#/properties/delivery/properties/gather/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err186];
}
else {
vErrors.push(err186);
}
errors++;
}
if((typeof data88 == "number") && (isFinite(data88))){
if(data88 > 60 || isNaN(data88)){
const err187 = {instancePath:instancePath+"/delivery/gather",schemaPath:"#/properties/delivery/properties/gather/maximum",keyword:"maximum",params:{comparison: "<=", limit: 60}};
if(vErrors === null){
vErrors = [err187];
}
else {
vErrors.push(err187);
}
errors++;
}
if(data88 < 0 || isNaN(data88)){
const err188 = {instancePath:instancePath+"/delivery/gather",schemaPath:"#/properties/delivery/properties/gather/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err188];
}
else {
vErrors.push(err188);
}
errors++;
}
}
}
if(data85.attemptsBeforeNext !== undefined){
let data89 = data85.attemptsBeforeNext;
if(!(((typeof data89 == "number") && (!(data89 % 1) && !isNaN(data89))) && (isFinite(data89)))){
const err189 = {instancePath:instancePath+"/delivery/attemptsBeforeNext",schemaPath:"#/properties/delivery/properties/attemptsBeforeNext/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err189];
}
else {
vErrors.push(err189);
}
errors++;
}
if((typeof data89 == "number") && (isFinite(data89))){
if(data89 > 1000 || isNaN(data89)){
const err190 = {instancePath:instancePath+"/delivery/attemptsBeforeNext",schemaPath:"#/properties/delivery/properties/attemptsBeforeNext/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000}};
if(vErrors === null){
vErrors = [err190];
}
else {
vErrors.push(err190);
}
errors++;
}
if(data89 < 1 || isNaN(data89)){
const err191 = {instancePath:instancePath+"/delivery/attemptsBeforeNext",schemaPath:"#/properties/delivery/properties/attemptsBeforeNext/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err191];
}
else {
vErrors.push(err191);
}
errors++;
}
}
}
if(data85.minAttempts !== undefined){
let data90 = data85.minAttempts;
if(!(((typeof data90 == "number") && (!(data90 % 1) && !isNaN(data90))) && (isFinite(data90)))){
const err192 = {instancePath:instancePath+"/delivery/minAttempts",schemaPath:"#/properties/delivery/properties/minAttempts/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err192];
}
else {
vErrors.push(err192);
}
errors++;
}
if((typeof data90 == "number") && (isFinite(data90))){
if(data90 > 1000 || isNaN(data90)){
const err193 = {instancePath:instancePath+"/delivery/minAttempts",schemaPath:"#/properties/delivery/properties/minAttempts/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000}};
if(vErrors === null){
vErrors = [err193];
}
else {
vErrors.push(err193);
}
errors++;
}
if(data90 < 1 || isNaN(data90)){
const err194 = {instancePath:instancePath+"/delivery/minAttempts",schemaPath:"#/properties/delivery/properties/minAttempts/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err194];
}
else {
vErrors.push(err194);
}
errors++;
}
}
}
if(data85.giveUpAfter !== undefined){
let data91 = data85.giveUpAfter;
if(!(((typeof data91 == "number") && (!(data91 % 1) && !isNaN(data91))) && (isFinite(data91)))){
const err195 = {instancePath:instancePath+"/delivery/giveUpAfter",schemaPath:"#/properties/delivery/properties/giveUpAfter/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err195];
}
else {
vErrors.push(err195);
}
errors++;
}
if((typeof data91 == "number") && (isFinite(data91))){
if(data91 > 8760 || isNaN(data91)){
const err196 = {instancePath:instancePath+"/delivery/giveUpAfter",schemaPath:"#/properties/delivery/properties/giveUpAfter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 8760}};
if(vErrors === null){
vErrors = [err196];
}
else {
vErrors.push(err196);
}
errors++;
}
if(data91 < 1 || isNaN(data91)){
const err197 = {instancePath:instancePath+"/delivery/giveUpAfter",schemaPath:"#/properties/delivery/properties/giveUpAfter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err197];
}
else {
vErrors.push(err197);
}
errors++;
}
}
}
}
else {
const err198 = {instancePath:instancePath+"/delivery",schemaPath:"#/properties/delivery/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err198];
}
else {
vErrors.push(err198);
}
errors++;
}
}
if(data.media !== undefined){
let data92 = data.media;
if(data92 && typeof data92 == "object" && !Array.isArray(data92)){
for(const key17 in data92){
if(!((((((((key17 === "deliver") || (key17 === "maxFileSize")) || (key17 === "maxTotalSize")) || (key17 === "retention")) || (key17 === "waitFor")) || (key17 === "sendFrom")) || (key17 === "documentCommand")) || (key17 === "documentTypes"))){
const err199 = {instancePath:instancePath+"/media",schemaPath:"#/properties/media/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key17}};
if(vErrors === null){
vErrors = [err199];
}
else {
vErrors.push(err199);
}
errors++;
}
}
if(data92.deliver !== undefined){
let data93 = data92.deliver;
if(typeof data93 !== "string"){
const err200 = {instancePath:instancePath+"/media/deliver",schemaPath:"#/properties/media/properties/deliver/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err200];
}
else {
vErrors.push(err200);
}
errors++;
}
if(!((data93 === "files") || (data93 === "links"))){
const err201 = {instancePath:instancePath+"/media/deliver",schemaPath:"#/properties/media/properties/deliver/enum",keyword:"enum",params:{allowedValues: schema31.properties.media.properties.deliver.enum}};
if(vErrors === null){
vErrors = [err201];
}
else {
vErrors.push(err201);
}
errors++;
}
}
if(data92.maxFileSize !== undefined){
let data94 = data92.maxFileSize;
if(!(((typeof data94 == "number") && (!(data94 % 1) && !isNaN(data94))) && (isFinite(data94)))){
const err202 = {instancePath:instancePath+"/media/maxFileSize",schemaPath:"#/properties/media/properties/maxFileSize/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err202];
}
else {
vErrors.push(err202);
}
errors++;
}
if((typeof data94 == "number") && (isFinite(data94))){
if(data94 > 100 || isNaN(data94)){
const err203 = {instancePath:instancePath+"/media/maxFileSize",schemaPath:"#/properties/media/properties/maxFileSize/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100}};
if(vErrors === null){
vErrors = [err203];
}
else {
vErrors.push(err203);
}
errors++;
}
if(data94 < 1 || isNaN(data94)){
const err204 = {instancePath:instancePath+"/media/maxFileSize",schemaPath:"#/properties/media/properties/maxFileSize/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err204];
}
else {
vErrors.push(err204);
}
errors++;
}
}
}
if(data92.maxTotalSize !== undefined){
let data95 = data92.maxTotalSize;
if(!(((typeof data95 == "number") && (!(data95 % 1) && !isNaN(data95))) && (isFinite(data95)))){
const err205 = {instancePath:instancePath+"/media/maxTotalSize",schemaPath:"#/properties/media/properties/maxTotalSize/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err205];
}
else {
vErrors.push(err205);
}
errors++;
}
if((typeof data95 == "number") && (isFinite(data95))){
if(data95 > 1048576 || isNaN(data95)){
const err206 = {instancePath:instancePath+"/media/maxTotalSize",schemaPath:"#/properties/media/properties/maxTotalSize/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1048576}};
if(vErrors === null){
vErrors = [err206];
}
else {
vErrors.push(err206);
}
errors++;
}
if(data95 < 1 || isNaN(data95)){
const err207 = {instancePath:instancePath+"/media/maxTotalSize",schemaPath:"#/properties/media/properties/maxTotalSize/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err207];
}
else {
vErrors.push(err207);
}
errors++;
}
}
}
if(data92.retention !== undefined){
let data96 = data92.retention;
if(!(((typeof data96 == "number") && (!(data96 % 1) && !isNaN(data96))) && (isFinite(data96)))){
const err208 = {instancePath:instancePath+"/media/retention",schemaPath:"#/properties/media/properties/retention/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err208];
}
else {
vErrors.push(err208);
}
errors++;
}
if((typeof data96 == "number") && (isFinite(data96))){
if(data96 > 3650 || isNaN(data96)){
const err209 = {instancePath:instancePath+"/media/retention",schemaPath:"#/properties/media/properties/retention/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3650}};
if(vErrors === null){
vErrors = [err209];
}
else {
vErrors.push(err209);
}
errors++;
}
if(data96 < 1 || isNaN(data96)){
const err210 = {instancePath:instancePath+"/media/retention",schemaPath:"#/properties/media/properties/retention/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err210];
}
else {
vErrors.push(err210);
}
errors++;
}
}
}
if(data92.waitFor !== undefined){
let data97 = data92.waitFor;
if(!(((typeof data97 == "number") && (!(data97 % 1) && !isNaN(data97))) && (isFinite(data97)))){
const err211 = {instancePath:instancePath+"/media/waitFor",schemaPath:"#/properties/media/properties/waitFor/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err211];
}
else {
vErrors.push(err211);
}
errors++;
}
if((typeof data97 == "number") && (isFinite(data97))){
if(data97 > 3600 || isNaN(data97)){
const err212 = {instancePath:instancePath+"/media/waitFor",schemaPath:"#/properties/media/properties/waitFor/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3600}};
if(vErrors === null){
vErrors = [err212];
}
else {
vErrors.push(err212);
}
errors++;
}
if(data97 < 5 || isNaN(data97)){
const err213 = {instancePath:instancePath+"/media/waitFor",schemaPath:"#/properties/media/properties/waitFor/minimum",keyword:"minimum",params:{comparison: ">=", limit: 5}};
if(vErrors === null){
vErrors = [err213];
}
else {
vErrors.push(err213);
}
errors++;
}
}
}
if(data92.sendFrom !== undefined){
let data98 = data92.sendFrom;
if((typeof data98 !== "string") && (!(Array.isArray(data98)))){
const err214 = {instancePath:instancePath+"/media/sendFrom",schemaPath:"#/properties/media/properties/sendFrom/type",keyword:"type",params:{type: schema31.properties.media.properties.sendFrom.type}};
if(vErrors === null){
vErrors = [err214];
}
else {
vErrors.push(err214);
}
errors++;
}
if(typeof data98 === "string"){
if(!pattern44.test(data98)){
const err215 = {instancePath:instancePath+"/media/sendFrom",schemaPath:"#/properties/media/properties/sendFrom/pattern",keyword:"pattern",params:{pattern: "^~?/.+$"}};
if(vErrors === null){
vErrors = [err215];
}
else {
vErrors.push(err215);
}
errors++;
}
}
if(Array.isArray(data98)){
const len5 = data98.length;
for(let i5=0; i5<len5; i5++){
let data99 = data98[i5];
if(typeof data99 === "string"){
if(!pattern44.test(data99)){
const err216 = {instancePath:instancePath+"/media/sendFrom/" + i5,schemaPath:"#/properties/media/properties/sendFrom/items/pattern",keyword:"pattern",params:{pattern: "^~?/.+$"}};
if(vErrors === null){
vErrors = [err216];
}
else {
vErrors.push(err216);
}
errors++;
}
}
else {
const err217 = {instancePath:instancePath+"/media/sendFrom/" + i5,schemaPath:"#/properties/media/properties/sendFrom/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err217];
}
else {
vErrors.push(err217);
}
errors++;
}
}
}
}
if(data92.documentCommand !== undefined){
let data100 = data92.documentCommand;
if((typeof data100 !== "string") && (!(Array.isArray(data100)))){
const err218 = {instancePath:instancePath+"/media/documentCommand",schemaPath:"#/properties/media/properties/documentCommand/type",keyword:"type",params:{type: schema31.properties.media.properties.documentCommand.type}};
if(vErrors === null){
vErrors = [err218];
}
else {
vErrors.push(err218);
}
errors++;
}
if(typeof data100 === "string"){
if(!pattern5.test(data100)){
const err219 = {instancePath:instancePath+"/media/documentCommand",schemaPath:"#/properties/media/properties/documentCommand/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err219];
}
else {
vErrors.push(err219);
}
errors++;
}
}
if(Array.isArray(data100)){
if(data100.length < 1){
const err220 = {instancePath:instancePath+"/media/documentCommand",schemaPath:"#/properties/media/properties/documentCommand/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err220];
}
else {
vErrors.push(err220);
}
errors++;
}
const len6 = data100.length;
for(let i6=0; i6<len6; i6++){
let data101 = data100[i6];
if(typeof data101 === "string"){
if(!pattern5.test(data101)){
const err221 = {instancePath:instancePath+"/media/documentCommand/" + i6,schemaPath:"#/properties/media/properties/documentCommand/items/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err221];
}
else {
vErrors.push(err221);
}
errors++;
}
}
else {
const err222 = {instancePath:instancePath+"/media/documentCommand/" + i6,schemaPath:"#/properties/media/properties/documentCommand/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err222];
}
else {
vErrors.push(err222);
}
errors++;
}
}
}
}
if(data92.documentTypes !== undefined){
let data102 = data92.documentTypes;
if((typeof data102 !== "string") && (!(Array.isArray(data102)))){
const err223 = {instancePath:instancePath+"/media/documentTypes",schemaPath:"#/properties/media/properties/documentTypes/type",keyword:"type",params:{type: schema31.properties.media.properties.documentTypes.type}};
if(vErrors === null){
vErrors = [err223];
}
else {
vErrors.push(err223);
}
errors++;
}
if(typeof data102 === "string"){
if(!pattern48.test(data102)){
const err224 = {instancePath:instancePath+"/media/documentTypes",schemaPath:"#/properties/media/properties/documentTypes/pattern",keyword:"pattern",params:{pattern: "^[a-z]+/[a-z0-9][a-z0-9.+-]*$"}};
if(vErrors === null){
vErrors = [err224];
}
else {
vErrors.push(err224);
}
errors++;
}
}
if(Array.isArray(data102)){
const len7 = data102.length;
for(let i7=0; i7<len7; i7++){
let data103 = data102[i7];
if(typeof data103 === "string"){
if(!pattern48.test(data103)){
const err225 = {instancePath:instancePath+"/media/documentTypes/" + i7,schemaPath:"#/properties/media/properties/documentTypes/items/pattern",keyword:"pattern",params:{pattern: "^[a-z]+/[a-z0-9][a-z0-9.+-]*$"}};
if(vErrors === null){
vErrors = [err225];
}
else {
vErrors.push(err225);
}
errors++;
}
}
else {
const err226 = {instancePath:instancePath+"/media/documentTypes/" + i7,schemaPath:"#/properties/media/properties/documentTypes/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err226];
}
else {
vErrors.push(err226);
}
errors++;
}
}
}
}
}
else {
const err227 = {instancePath:instancePath+"/media",schemaPath:"#/properties/media/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err227];
}
else {
vErrors.push(err227);
}
errors++;
}
}
if(data.transcribe !== undefined){
let data104 = data.transcribe;
if(data104 && typeof data104 == "object" && !Array.isArray(data104)){
for(const key18 in data104){
if(!(func1.call(schema31.properties.transcribe.properties, key18))){
const err228 = {instancePath:instancePath+"/transcribe",schemaPath:"#/properties/transcribe/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key18}};
if(vErrors === null){
vErrors = [err228];
}
else {
vErrors.push(err228);
}
errors++;
}
}
if(data104.provider !== undefined){
let data105 = data104.provider;
if(typeof data105 !== "string"){
const err229 = {instancePath:instancePath+"/transcribe/provider",schemaPath:"#/properties/transcribe/properties/provider/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err229];
}
else {
vErrors.push(err229);
}
errors++;
}
if(!(((data105 === "openai") || (data105 === "deepgram")) || (data105 === "command"))){
const err230 = {instancePath:instancePath+"/transcribe/provider",schemaPath:"#/properties/transcribe/properties/provider/enum",keyword:"enum",params:{allowedValues: schema31.properties.transcribe.properties.provider.enum}};
if(vErrors === null){
vErrors = [err230];
}
else {
vErrors.push(err230);
}
errors++;
}
}
if(data104.baseUrl !== undefined){
let data106 = data104.baseUrl;
if(typeof data106 === "string"){
if(!pattern50.test(data106)){
const err231 = {instancePath:instancePath+"/transcribe/baseUrl",schemaPath:"#/properties/transcribe/properties/baseUrl/pattern",keyword:"pattern",params:{pattern: "^https?://[^/?#@\\s]+(/[^?#@\\s]*)?$"}};
if(vErrors === null){
vErrors = [err231];
}
else {
vErrors.push(err231);
}
errors++;
}
}
else {
const err232 = {instancePath:instancePath+"/transcribe/baseUrl",schemaPath:"#/properties/transcribe/properties/baseUrl/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err232];
}
else {
vErrors.push(err232);
}
errors++;
}
}
if(data104.apiKey !== undefined){
let data107 = data104.apiKey;
if(typeof data107 === "string"){
if(!pattern4.test(data107)){
const err233 = {instancePath:instancePath+"/transcribe/apiKey",schemaPath:"#/properties/transcribe/properties/apiKey/pattern",keyword:"pattern",params:{pattern: "^[!-.0-~][!-~]*$"}};
if(vErrors === null){
vErrors = [err233];
}
else {
vErrors.push(err233);
}
errors++;
}
}
else {
const err234 = {instancePath:instancePath+"/transcribe/apiKey",schemaPath:"#/properties/transcribe/properties/apiKey/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err234];
}
else {
vErrors.push(err234);
}
errors++;
}
}
if(data104.apiKeyFile !== undefined){
let data108 = data104.apiKeyFile;
if(typeof data108 === "string"){
if(!pattern5.test(data108)){
const err235 = {instancePath:instancePath+"/transcribe/apiKeyFile",schemaPath:"#/properties/transcribe/properties/apiKeyFile/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err235];
}
else {
vErrors.push(err235);
}
errors++;
}
}
else {
const err236 = {instancePath:instancePath+"/transcribe/apiKeyFile",schemaPath:"#/properties/transcribe/properties/apiKeyFile/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err236];
}
else {
vErrors.push(err236);
}
errors++;
}
}
if(data104.model !== undefined){
let data109 = data104.model;
if(typeof data109 === "string"){
if(!pattern53.test(data109)){
const err237 = {instancePath:instancePath+"/transcribe/model",schemaPath:"#/properties/transcribe/properties/model/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9@][A-Za-z0-9@._:/-]{0,199}$"}};
if(vErrors === null){
vErrors = [err237];
}
else {
vErrors.push(err237);
}
errors++;
}
}
else {
const err238 = {instancePath:instancePath+"/transcribe/model",schemaPath:"#/properties/transcribe/properties/model/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err238];
}
else {
vErrors.push(err238);
}
errors++;
}
}
if(data104.language !== undefined){
let data110 = data104.language;
if(typeof data110 === "string"){
if(!pattern54.test(data110)){
const err239 = {instancePath:instancePath+"/transcribe/language",schemaPath:"#/properties/transcribe/properties/language/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$"}};
if(vErrors === null){
vErrors = [err239];
}
else {
vErrors.push(err239);
}
errors++;
}
}
else {
const err240 = {instancePath:instancePath+"/transcribe/language",schemaPath:"#/properties/transcribe/properties/language/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err240];
}
else {
vErrors.push(err240);
}
errors++;
}
}
if(data104.command !== undefined){
let data111 = data104.command;
if((typeof data111 !== "string") && (!(Array.isArray(data111)))){
const err241 = {instancePath:instancePath+"/transcribe/command",schemaPath:"#/properties/transcribe/properties/command/type",keyword:"type",params:{type: schema31.properties.transcribe.properties.command.type}};
if(vErrors === null){
vErrors = [err241];
}
else {
vErrors.push(err241);
}
errors++;
}
if(typeof data111 === "string"){
if(!pattern5.test(data111)){
const err242 = {instancePath:instancePath+"/transcribe/command",schemaPath:"#/properties/transcribe/properties/command/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err242];
}
else {
vErrors.push(err242);
}
errors++;
}
}
if(Array.isArray(data111)){
if(data111.length < 1){
const err243 = {instancePath:instancePath+"/transcribe/command",schemaPath:"#/properties/transcribe/properties/command/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err243];
}
else {
vErrors.push(err243);
}
errors++;
}
const len8 = data111.length;
for(let i8=0; i8<len8; i8++){
let data112 = data111[i8];
if(typeof data112 === "string"){
if(!pattern5.test(data112)){
const err244 = {instancePath:instancePath+"/transcribe/command/" + i8,schemaPath:"#/properties/transcribe/properties/command/items/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err244];
}
else {
vErrors.push(err244);
}
errors++;
}
}
else {
const err245 = {instancePath:instancePath+"/transcribe/command/" + i8,schemaPath:"#/properties/transcribe/properties/command/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err245];
}
else {
vErrors.push(err245);
}
errors++;
}
}
}
}
if(data104.ffmpeg !== undefined){
let data113 = data104.ffmpeg;
if(typeof data113 === "string"){
if(!pattern5.test(data113)){
const err246 = {instancePath:instancePath+"/transcribe/ffmpeg",schemaPath:"#/properties/transcribe/properties/ffmpeg/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err246];
}
else {
vErrors.push(err246);
}
errors++;
}
}
else {
const err247 = {instancePath:instancePath+"/transcribe/ffmpeg",schemaPath:"#/properties/transcribe/properties/ffmpeg/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err247];
}
else {
vErrors.push(err247);
}
errors++;
}
}
if(data104.timeout !== undefined){
let data114 = data104.timeout;
if(!(((typeof data114 == "number") && (!(data114 % 1) && !isNaN(data114))) && (isFinite(data114)))){
const err248 = {instancePath:instancePath+"/transcribe/timeout",schemaPath:"#/properties/transcribe/properties/timeout/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err248];
}
else {
vErrors.push(err248);
}
errors++;
}
if((typeof data114 == "number") && (isFinite(data114))){
if(data114 > 3600 || isNaN(data114)){
const err249 = {instancePath:instancePath+"/transcribe/timeout",schemaPath:"#/properties/transcribe/properties/timeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3600}};
if(vErrors === null){
vErrors = [err249];
}
else {
vErrors.push(err249);
}
errors++;
}
if(data114 < 1 || isNaN(data114)){
const err250 = {instancePath:instancePath+"/transcribe/timeout",schemaPath:"#/properties/transcribe/properties/timeout/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err250];
}
else {
vErrors.push(err250);
}
errors++;
}
}
}
if(data104.maxSize !== undefined){
let data115 = data104.maxSize;
if(!(((typeof data115 == "number") && (!(data115 % 1) && !isNaN(data115))) && (isFinite(data115)))){
const err251 = {instancePath:instancePath+"/transcribe/maxSize",schemaPath:"#/properties/transcribe/properties/maxSize/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err251];
}
else {
vErrors.push(err251);
}
errors++;
}
if((typeof data115 == "number") && (isFinite(data115))){
if(data115 > 100 || isNaN(data115)){
const err252 = {instancePath:instancePath+"/transcribe/maxSize",schemaPath:"#/properties/transcribe/properties/maxSize/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100}};
if(vErrors === null){
vErrors = [err252];
}
else {
vErrors.push(err252);
}
errors++;
}
if(data115 < 1 || isNaN(data115)){
const err253 = {instancePath:instancePath+"/transcribe/maxSize",schemaPath:"#/properties/transcribe/properties/maxSize/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err253];
}
else {
vErrors.push(err253);
}
errors++;
}
}
}
if(data104.parallel !== undefined){
let data116 = data104.parallel;
if(!(((typeof data116 == "number") && (!(data116 % 1) && !isNaN(data116))) && (isFinite(data116)))){
const err254 = {instancePath:instancePath+"/transcribe/parallel",schemaPath:"#/properties/transcribe/properties/parallel/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err254];
}
else {
vErrors.push(err254);
}
errors++;
}
if((typeof data116 == "number") && (isFinite(data116))){
if(data116 > 32 || isNaN(data116)){
const err255 = {instancePath:instancePath+"/transcribe/parallel",schemaPath:"#/properties/transcribe/properties/parallel/maximum",keyword:"maximum",params:{comparison: "<=", limit: 32}};
if(vErrors === null){
vErrors = [err255];
}
else {
vErrors.push(err255);
}
errors++;
}
if(data116 < 1 || isNaN(data116)){
const err256 = {instancePath:instancePath+"/transcribe/parallel",schemaPath:"#/properties/transcribe/properties/parallel/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err256];
}
else {
vErrors.push(err256);
}
errors++;
}
}
}
}
else {
const err257 = {instancePath:instancePath+"/transcribe",schemaPath:"#/properties/transcribe/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err257];
}
else {
vErrors.push(err257);
}
errors++;
}
}
if(data.reply !== undefined){
let data117 = data.reply;
if(data117 && typeof data117 == "object" && !Array.isArray(data117)){
for(const key19 in data117){
if(!((((((((key19 === "via") || (key19 === "lookUpFor")) || (key19 === "onFailure")) || (key19 === "numbered")) || (key19 === "template")) || (key19 === "templateLanguage")) || (key19 === "mediaHosts")) || (key19 === "tellAgent"))){
const err258 = {instancePath:instancePath+"/reply",schemaPath:"#/properties/reply/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key19}};
if(vErrors === null){
vErrors = [err258];
}
else {
vErrors.push(err258);
}
errors++;
}
}
if(data117.via !== undefined){
let data118 = data117.via;
if(typeof data118 !== "string"){
const err259 = {instancePath:instancePath+"/reply/via",schemaPath:"#/properties/reply/properties/via/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err259];
}
else {
vErrors.push(err259);
}
errors++;
}
if(!(((data118 === "auto") || (data118 === "relay")) || (data118 === "agent"))){
const err260 = {instancePath:instancePath+"/reply/via",schemaPath:"#/properties/reply/properties/via/enum",keyword:"enum",params:{allowedValues: schema31.properties.reply.properties.via.enum}};
if(vErrors === null){
vErrors = [err260];
}
else {
vErrors.push(err260);
}
errors++;
}
}
if(data117.lookUpFor !== undefined){
let data119 = data117.lookUpFor;
if(!(((typeof data119 == "number") && (!(data119 % 1) && !isNaN(data119))) && (isFinite(data119)))){
const err261 = {instancePath:instancePath+"/reply/lookUpFor",schemaPath:"#/properties/reply/properties/lookUpFor/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err261];
}
else {
vErrors.push(err261);
}
errors++;
}
if((typeof data119 == "number") && (isFinite(data119))){
if(data119 > 3600 || isNaN(data119)){
const err262 = {instancePath:instancePath+"/reply/lookUpFor",schemaPath:"#/properties/reply/properties/lookUpFor/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3600}};
if(vErrors === null){
vErrors = [err262];
}
else {
vErrors.push(err262);
}
errors++;
}
if(data119 < 1 || isNaN(data119)){
const err263 = {instancePath:instancePath+"/reply/lookUpFor",schemaPath:"#/properties/reply/properties/lookUpFor/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err263];
}
else {
vErrors.push(err263);
}
errors++;
}
}
}
if(data117.onFailure !== undefined){
let data120 = data117.onFailure;
if(typeof data120 === "string"){
if(!pattern5.test(data120)){
const err264 = {instancePath:instancePath+"/reply/onFailure",schemaPath:"#/properties/reply/properties/onFailure/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err264];
}
else {
vErrors.push(err264);
}
errors++;
}
}
else {
const err265 = {instancePath:instancePath+"/reply/onFailure",schemaPath:"#/properties/reply/properties/onFailure/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err265];
}
else {
vErrors.push(err265);
}
errors++;
}
}
if(data117.numbered !== undefined){
if(typeof data117.numbered !== "boolean"){
const err266 = {instancePath:instancePath+"/reply/numbered",schemaPath:"#/properties/reply/properties/numbered/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err266];
}
else {
vErrors.push(err266);
}
errors++;
}
}
if(data117.template !== undefined){
let data122 = data117.template;
if(typeof data122 === "string"){
if(!pattern59.test(data122)){
const err267 = {instancePath:instancePath+"/reply/template",schemaPath:"#/properties/reply/properties/template/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9_]{1,512}$"}};
if(vErrors === null){
vErrors = [err267];
}
else {
vErrors.push(err267);
}
errors++;
}
}
else {
const err268 = {instancePath:instancePath+"/reply/template",schemaPath:"#/properties/reply/properties/template/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err268];
}
else {
vErrors.push(err268);
}
errors++;
}
}
if(data117.templateLanguage !== undefined){
let data123 = data117.templateLanguage;
if(typeof data123 === "string"){
if(!pattern60.test(data123)){
const err269 = {instancePath:instancePath+"/reply/templateLanguage",schemaPath:"#/properties/reply/properties/templateLanguage/pattern",keyword:"pattern",params:{pattern: "^[a-z]{2,3}(_[A-Z]{2})?$"}};
if(vErrors === null){
vErrors = [err269];
}
else {
vErrors.push(err269);
}
errors++;
}
}
else {
const err270 = {instancePath:instancePath+"/reply/templateLanguage",schemaPath:"#/properties/reply/properties/templateLanguage/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err270];
}
else {
vErrors.push(err270);
}
errors++;
}
}
if(data117.mediaHosts !== undefined){
let data124 = data117.mediaHosts;
if((typeof data124 !== "string") && (!(Array.isArray(data124)))){
const err271 = {instancePath:instancePath+"/reply/mediaHosts",schemaPath:"#/properties/reply/properties/mediaHosts/type",keyword:"type",params:{type: schema31.properties.reply.properties.mediaHosts.type}};
if(vErrors === null){
vErrors = [err271];
}
else {
vErrors.push(err271);
}
errors++;
}
if(typeof data124 === "string"){
if(!pattern61.test(data124)){
const err272 = {instancePath:instancePath+"/reply/mediaHosts",schemaPath:"#/properties/reply/properties/mediaHosts/pattern",keyword:"pattern",params:{pattern: "^([*][.])?[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$"}};
if(vErrors === null){
vErrors = [err272];
}
else {
vErrors.push(err272);
}
errors++;
}
}
if(Array.isArray(data124)){
const len9 = data124.length;
for(let i9=0; i9<len9; i9++){
let data125 = data124[i9];
if(typeof data125 === "string"){
if(!pattern61.test(data125)){
const err273 = {instancePath:instancePath+"/reply/mediaHosts/" + i9,schemaPath:"#/properties/reply/properties/mediaHosts/items/pattern",keyword:"pattern",params:{pattern: "^([*][.])?[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$"}};
if(vErrors === null){
vErrors = [err273];
}
else {
vErrors.push(err273);
}
errors++;
}
}
else {
const err274 = {instancePath:instancePath+"/reply/mediaHosts/" + i9,schemaPath:"#/properties/reply/properties/mediaHosts/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err274];
}
else {
vErrors.push(err274);
}
errors++;
}
}
}
}
if(data117.tellAgent !== undefined){
if(typeof data117.tellAgent !== "boolean"){
const err275 = {instancePath:instancePath+"/reply/tellAgent",schemaPath:"#/properties/reply/properties/tellAgent/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err275];
}
else {
vErrors.push(err275);
}
errors++;
}
}
}
else {
const err276 = {instancePath:instancePath+"/reply",schemaPath:"#/properties/reply/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err276];
}
else {
vErrors.push(err276);
}
errors++;
}
}
if(data.receipts !== undefined){
let data127 = data.receipts;
if(data127 && typeof data127 == "object" && !Array.isArray(data127)){
for(const key20 in data127){
if(!(((key20 === "read") || (key20 === "typing")) || (key20 === "reaction"))){
const err277 = {instancePath:instancePath+"/receipts",schemaPath:"#/properties/receipts/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key20}};
if(vErrors === null){
vErrors = [err277];
}
else {
vErrors.push(err277);
}
errors++;
}
}
if(data127.read !== undefined){
if(typeof data127.read !== "boolean"){
const err278 = {instancePath:instancePath+"/receipts/read",schemaPath:"#/properties/receipts/properties/read/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err278];
}
else {
vErrors.push(err278);
}
errors++;
}
}
if(data127.typing !== undefined){
if(typeof data127.typing !== "boolean"){
const err279 = {instancePath:instancePath+"/receipts/typing",schemaPath:"#/properties/receipts/properties/typing/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err279];
}
else {
vErrors.push(err279);
}
errors++;
}
}
if(data127.reaction !== undefined){
let data130 = data127.reaction;
if(typeof data130 === "string"){
if(!pattern5.test(data130)){
const err280 = {instancePath:instancePath+"/receipts/reaction",schemaPath:"#/properties/receipts/properties/reaction/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err280];
}
else {
vErrors.push(err280);
}
errors++;
}
}
else {
const err281 = {instancePath:instancePath+"/receipts/reaction",schemaPath:"#/properties/receipts/properties/reaction/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err281];
}
else {
vErrors.push(err281);
}
errors++;
}
}
}
else {
const err282 = {instancePath:instancePath+"/receipts",schemaPath:"#/properties/receipts/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err282];
}
else {
vErrors.push(err282);
}
errors++;
}
}
if(data.log !== undefined){
let data131 = data.log;
if(data131 && typeof data131 == "object" && !Array.isArray(data131)){
for(const key21 in data131){
if(!((key21 === "level") || (key21 === "format"))){
const err283 = {instancePath:instancePath+"/log",schemaPath:"#/properties/log/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key21}};
if(vErrors === null){
vErrors = [err283];
}
else {
vErrors.push(err283);
}
errors++;
}
}
if(data131.level !== undefined){
let data132 = data131.level;
if(typeof data132 !== "string"){
const err284 = {instancePath:instancePath+"/log/level",schemaPath:"#/properties/log/properties/level/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err284];
}
else {
vErrors.push(err284);
}
errors++;
}
if(!((((data132 === "debug") || (data132 === "info")) || (data132 === "warn")) || (data132 === "error"))){
const err285 = {instancePath:instancePath+"/log/level",schemaPath:"#/properties/log/properties/level/enum",keyword:"enum",params:{allowedValues: schema31.properties.log.properties.level.enum}};
if(vErrors === null){
vErrors = [err285];
}
else {
vErrors.push(err285);
}
errors++;
}
}
if(data131.format !== undefined){
let data133 = data131.format;
if(typeof data133 !== "string"){
const err286 = {instancePath:instancePath+"/log/format",schemaPath:"#/properties/log/properties/format/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err286];
}
else {
vErrors.push(err286);
}
errors++;
}
if(!(((data133 === "auto") || (data133 === "text")) || (data133 === "json"))){
const err287 = {instancePath:instancePath+"/log/format",schemaPath:"#/properties/log/properties/format/enum",keyword:"enum",params:{allowedValues: schema31.properties.log.properties.format.enum}};
if(vErrors === null){
vErrors = [err287];
}
else {
vErrors.push(err287);
}
errors++;
}
}
}
else {
const err288 = {instancePath:instancePath+"/log",schemaPath:"#/properties/log/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err288];
}
else {
vErrors.push(err288);
}
errors++;
}
}
if(data.shutdown !== undefined){
let data134 = data.shutdown;
if(data134 && typeof data134 == "object" && !Array.isArray(data134)){
for(const key22 in data134){
if(!(key22 === "timeout")){
const err289 = {instancePath:instancePath+"/shutdown",schemaPath:"#/properties/shutdown/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key22}};
if(vErrors === null){
vErrors = [err289];
}
else {
vErrors.push(err289);
}
errors++;
}
}
if(data134.timeout !== undefined){
let data135 = data134.timeout;
if(!(((typeof data135 == "number") && (!(data135 % 1) && !isNaN(data135))) && (isFinite(data135)))){
const err290 = {instancePath:instancePath+"/shutdown/timeout",schemaPath:"#/properties/shutdown/properties/timeout/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err290];
}
else {
vErrors.push(err290);
}
errors++;
}
if((typeof data135 == "number") && (isFinite(data135))){
if(data135 > 600 || isNaN(data135)){
const err291 = {instancePath:instancePath+"/shutdown/timeout",schemaPath:"#/properties/shutdown/properties/timeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 600}};
if(vErrors === null){
vErrors = [err291];
}
else {
vErrors.push(err291);
}
errors++;
}
if(data135 < 0 || isNaN(data135)){
const err292 = {instancePath:instancePath+"/shutdown/timeout",schemaPath:"#/properties/shutdown/properties/timeout/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err292];
}
else {
vErrors.push(err292);
}
errors++;
}
}
}
}
else {
const err293 = {instancePath:instancePath+"/shutdown",schemaPath:"#/properties/shutdown/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err293];
}
else {
vErrors.push(err293);
}
errors++;
}
}
}
else {
const err294 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err294];
}
else {
vErrors.push(err294);
}
errors++;
}
validate20.errors = vErrors;
return errors === 0;
}
validate20.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

