// Generated from schema/kapso-whatsapp.schema.json by `npm run generate`; do not edit.
"use strict";
export const validate = validate20;
export default validate20;
const schema31 = {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"properties":{"$schema":{"type":"string"},"mode":{"type":"string","enum":["polling","tailscale","domain"]},"kapso":{"type":"object","additionalProperties":false,"properties":{"apiKey":{"type":"string","pattern":"^[!-.0-~][!-~]*$"},"apiKeyFile":{"type":"string","pattern":"\\S"},"phoneNumberId":{"type":"string","pattern":"^\\d+$"},"baseUrl":{"type":"string","pattern":"^https?://[^/?#@\\s]+$"},"apiVersion":{"type":"string","pattern":"^v\\d{1,3}\\.\\d{1,2}$"},"timeout":{"type":"integer","minimum":1,"maximum":600}}},"gateway":{"type":"object","additionalProperties":false,"properties":{"url":{"type":"string","pattern":"^wss?://[^/?#@\\s]+(/[^?#@\\s]*)?$"},"token":{"type":"string","pattern":"^\\S(.*\\S)?$"},"tokenFile":{"type":"string","pattern":"\\S"},"agent":{"type":"string","pattern":"^[a-z0-9][a-z0-9_-]{0,63}$"},"session":{"type":"string","enum":["per-sender","shared"]},"sharedSession":{"type":"string","pattern":"^[a-z0-9][a-z0-9:_+.-]{0,199}$"},"identity":{"type":"string","enum":["auto","always","never"]},"runTimeout":{"type":"integer","minimum":1,"maximum":86400}}},"polling":{"type":"object","additionalProperties":false,"properties":{"interval":{"type":"integer","minimum":5,"maximum":86400},"overlap":{"type":"integer","minimum":60,"maximum":86400},"fallback":{"type":"boolean"},"catchUp":{"type":"boolean"}}},"state":{"type":"object","additionalProperties":false,"properties":{"dir":{"type":"string","pattern":"\\S"},"retention":{"type":"integer","minimum":7,"maximum":3650}}},"webhook":{"type":"object","additionalProperties":false,"properties":{"listen":{"type":"string","pattern":"^(unix:/.+|(\\[[0-9A-Fa-f:.]+\\]|[^:/\\[\\]\\s]*):(\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]))$"},"path":{"type":"string","pattern":"^/[A-Za-z0-9._~/-]*$"},"verifyToken":{"type":"string","pattern":"^\\S(.*\\S)?$"},"verifyTokenFile":{"type":"string","pattern":"\\S"},"secret":{"type":["string","array"],"pattern":"^\\S.*$","minItems":1,"items":{"type":"string","pattern":"^\\S.*$"}},"secretFile":{"type":"string","pattern":"\\S"},"requireSignature":{"type":"boolean"},"publicUrl":{"type":"string","pattern":"^https://[^/?#@\\s]+(/[^\\s?#]*)?$"},"register":{"type":"boolean"},"maxBodyBytes":{"type":"integer","minimum":1024,"maximum":67108864}}},"tailscale":{"type":"object","additionalProperties":false,"properties":{"command":{"type":"string","pattern":"\\S"},"port":{"type":"integer","enum":[443,8443,10000]}}},"delivery":{"type":"object","additionalProperties":false,"properties":{"parallel":{"type":"integer","minimum":1,"maximum":256},"contextOnly":{"type":"string","pattern":"^(none|(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion)( *, *(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion))*)$"},"gather":{"type":"integer","minimum":0,"maximum":60},"attemptsBeforeNext":{"type":"integer","minimum":1,"maximum":1000},"minAttempts":{"type":"integer","minimum":1,"maximum":1000},"giveUpAfter":{"type":"integer","minimum":1,"maximum":8760}}},"reply":{"type":"object","additionalProperties":false,"properties":{"via":{"type":"string","enum":["auto","relay","agent"]},"lookUpFor":{"type":"integer","minimum":1,"maximum":3600},"onFailure":{"type":"string","pattern":"\\S"},"numbered":{"type":"boolean"},"template":{"type":"string","pattern":"^[a-z0-9_]{1,512}$"},"templateLanguage":{"type":"string","pattern":"^[a-z]{2,3}(_[A-Z]{2})?$"},"tellAgent":{"type":"boolean"}}},"receipts":{"type":"object","additionalProperties":false,"properties":{"read":{"type":"boolean"},"typing":{"type":"boolean"},"reaction":{"type":"string","pattern":"\\S"}}},"log":{"type":"object","additionalProperties":false,"properties":{"level":{"type":"string","enum":["debug","info","warn","error"]},"format":{"type":"string","enum":["auto","text","json"]}}},"shutdown":{"type":"object","additionalProperties":false,"properties":{"timeout":{"type":"integer","minimum":0,"maximum":600}}}}};
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
const pattern24 = new RegExp("^(none|(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion)( *, *(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion))*)$", "u");
const pattern26 = new RegExp("^[a-z0-9_]{1,512}$", "u");
const pattern27 = new RegExp("^[a-z]{2,3}(_[A-Z]{2})?$", "u");

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
if(data.delivery !== undefined){
let data41 = data.delivery;
if(data41 && typeof data41 == "object" && !Array.isArray(data41)){
for(const key7 in data41){
if(!((((((key7 === "parallel") || (key7 === "contextOnly")) || (key7 === "gather")) || (key7 === "attemptsBeforeNext")) || (key7 === "minAttempts")) || (key7 === "giveUpAfter"))){
const err85 = {instancePath:instancePath+"/delivery",schemaPath:"#/properties/delivery/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key7}};
if(vErrors === null){
vErrors = [err85];
}
else {
vErrors.push(err85);
}
errors++;
}
}
if(data41.parallel !== undefined){
let data42 = data41.parallel;
if(!(((typeof data42 == "number") && (!(data42 % 1) && !isNaN(data42))) && (isFinite(data42)))){
const err86 = {instancePath:instancePath+"/delivery/parallel",schemaPath:"#/properties/delivery/properties/parallel/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err86];
}
else {
vErrors.push(err86);
}
errors++;
}
if((typeof data42 == "number") && (isFinite(data42))){
if(data42 > 256 || isNaN(data42)){
const err87 = {instancePath:instancePath+"/delivery/parallel",schemaPath:"#/properties/delivery/properties/parallel/maximum",keyword:"maximum",params:{comparison: "<=", limit: 256}};
if(vErrors === null){
vErrors = [err87];
}
else {
vErrors.push(err87);
}
errors++;
}
if(data42 < 1 || isNaN(data42)){
const err88 = {instancePath:instancePath+"/delivery/parallel",schemaPath:"#/properties/delivery/properties/parallel/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err88];
}
else {
vErrors.push(err88);
}
errors++;
}
}
}
if(data41.contextOnly !== undefined){
let data43 = data41.contextOnly;
if(typeof data43 === "string"){
if(!pattern24.test(data43)){
const err89 = {instancePath:instancePath+"/delivery/contextOnly",schemaPath:"#/properties/delivery/properties/contextOnly/pattern",keyword:"pattern",params:{pattern: "^(none|(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion)( *, *(identity-change|number-change|user-id-change|system-notice|welcome|reaction|reaction-removed|empty-text|edit|deletion))*)$"}};
if(vErrors === null){
vErrors = [err89];
}
else {
vErrors.push(err89);
}
errors++;
}
}
else {
const err90 = {instancePath:instancePath+"/delivery/contextOnly",schemaPath:"#/properties/delivery/properties/contextOnly/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err90];
}
else {
vErrors.push(err90);
}
errors++;
}
}
if(data41.gather !== undefined){
let data44 = data41.gather;
if(!(((typeof data44 == "number") && (!(data44 % 1) && !isNaN(data44))) && (isFinite(data44)))){
const err91 = {instancePath:instancePath+"/delivery/gather",schemaPath:"#/properties/delivery/properties/gather/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err91];
}
else {
vErrors.push(err91);
}
errors++;
}
if((typeof data44 == "number") && (isFinite(data44))){
if(data44 > 60 || isNaN(data44)){
const err92 = {instancePath:instancePath+"/delivery/gather",schemaPath:"#/properties/delivery/properties/gather/maximum",keyword:"maximum",params:{comparison: "<=", limit: 60}};
if(vErrors === null){
vErrors = [err92];
}
else {
vErrors.push(err92);
}
errors++;
}
if(data44 < 0 || isNaN(data44)){
const err93 = {instancePath:instancePath+"/delivery/gather",schemaPath:"#/properties/delivery/properties/gather/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err93];
}
else {
vErrors.push(err93);
}
errors++;
}
}
}
if(data41.attemptsBeforeNext !== undefined){
let data45 = data41.attemptsBeforeNext;
if(!(((typeof data45 == "number") && (!(data45 % 1) && !isNaN(data45))) && (isFinite(data45)))){
const err94 = {instancePath:instancePath+"/delivery/attemptsBeforeNext",schemaPath:"#/properties/delivery/properties/attemptsBeforeNext/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err94];
}
else {
vErrors.push(err94);
}
errors++;
}
if((typeof data45 == "number") && (isFinite(data45))){
if(data45 > 1000 || isNaN(data45)){
const err95 = {instancePath:instancePath+"/delivery/attemptsBeforeNext",schemaPath:"#/properties/delivery/properties/attemptsBeforeNext/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000}};
if(vErrors === null){
vErrors = [err95];
}
else {
vErrors.push(err95);
}
errors++;
}
if(data45 < 1 || isNaN(data45)){
const err96 = {instancePath:instancePath+"/delivery/attemptsBeforeNext",schemaPath:"#/properties/delivery/properties/attemptsBeforeNext/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err96];
}
else {
vErrors.push(err96);
}
errors++;
}
}
}
if(data41.minAttempts !== undefined){
let data46 = data41.minAttempts;
if(!(((typeof data46 == "number") && (!(data46 % 1) && !isNaN(data46))) && (isFinite(data46)))){
const err97 = {instancePath:instancePath+"/delivery/minAttempts",schemaPath:"#/properties/delivery/properties/minAttempts/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err97];
}
else {
vErrors.push(err97);
}
errors++;
}
if((typeof data46 == "number") && (isFinite(data46))){
if(data46 > 1000 || isNaN(data46)){
const err98 = {instancePath:instancePath+"/delivery/minAttempts",schemaPath:"#/properties/delivery/properties/minAttempts/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000}};
if(vErrors === null){
vErrors = [err98];
}
else {
vErrors.push(err98);
}
errors++;
}
if(data46 < 1 || isNaN(data46)){
const err99 = {instancePath:instancePath+"/delivery/minAttempts",schemaPath:"#/properties/delivery/properties/minAttempts/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
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
if(data41.giveUpAfter !== undefined){
let data47 = data41.giveUpAfter;
if(!(((typeof data47 == "number") && (!(data47 % 1) && !isNaN(data47))) && (isFinite(data47)))){
const err100 = {instancePath:instancePath+"/delivery/giveUpAfter",schemaPath:"#/properties/delivery/properties/giveUpAfter/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err100];
}
else {
vErrors.push(err100);
}
errors++;
}
if((typeof data47 == "number") && (isFinite(data47))){
if(data47 > 8760 || isNaN(data47)){
const err101 = {instancePath:instancePath+"/delivery/giveUpAfter",schemaPath:"#/properties/delivery/properties/giveUpAfter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 8760}};
if(vErrors === null){
vErrors = [err101];
}
else {
vErrors.push(err101);
}
errors++;
}
if(data47 < 1 || isNaN(data47)){
const err102 = {instancePath:instancePath+"/delivery/giveUpAfter",schemaPath:"#/properties/delivery/properties/giveUpAfter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err102];
}
else {
vErrors.push(err102);
}
errors++;
}
}
}
}
else {
const err103 = {instancePath:instancePath+"/delivery",schemaPath:"#/properties/delivery/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err103];
}
else {
vErrors.push(err103);
}
errors++;
}
}
if(data.reply !== undefined){
let data48 = data.reply;
if(data48 && typeof data48 == "object" && !Array.isArray(data48)){
for(const key8 in data48){
if(!(((((((key8 === "via") || (key8 === "lookUpFor")) || (key8 === "onFailure")) || (key8 === "numbered")) || (key8 === "template")) || (key8 === "templateLanguage")) || (key8 === "tellAgent"))){
const err104 = {instancePath:instancePath+"/reply",schemaPath:"#/properties/reply/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key8}};
if(vErrors === null){
vErrors = [err104];
}
else {
vErrors.push(err104);
}
errors++;
}
}
if(data48.via !== undefined){
let data49 = data48.via;
if(typeof data49 !== "string"){
const err105 = {instancePath:instancePath+"/reply/via",schemaPath:"#/properties/reply/properties/via/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err105];
}
else {
vErrors.push(err105);
}
errors++;
}
if(!(((data49 === "auto") || (data49 === "relay")) || (data49 === "agent"))){
const err106 = {instancePath:instancePath+"/reply/via",schemaPath:"#/properties/reply/properties/via/enum",keyword:"enum",params:{allowedValues: schema31.properties.reply.properties.via.enum}};
if(vErrors === null){
vErrors = [err106];
}
else {
vErrors.push(err106);
}
errors++;
}
}
if(data48.lookUpFor !== undefined){
let data50 = data48.lookUpFor;
if(!(((typeof data50 == "number") && (!(data50 % 1) && !isNaN(data50))) && (isFinite(data50)))){
const err107 = {instancePath:instancePath+"/reply/lookUpFor",schemaPath:"#/properties/reply/properties/lookUpFor/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err107];
}
else {
vErrors.push(err107);
}
errors++;
}
if((typeof data50 == "number") && (isFinite(data50))){
if(data50 > 3600 || isNaN(data50)){
const err108 = {instancePath:instancePath+"/reply/lookUpFor",schemaPath:"#/properties/reply/properties/lookUpFor/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3600}};
if(vErrors === null){
vErrors = [err108];
}
else {
vErrors.push(err108);
}
errors++;
}
if(data50 < 1 || isNaN(data50)){
const err109 = {instancePath:instancePath+"/reply/lookUpFor",schemaPath:"#/properties/reply/properties/lookUpFor/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err109];
}
else {
vErrors.push(err109);
}
errors++;
}
}
}
if(data48.onFailure !== undefined){
let data51 = data48.onFailure;
if(typeof data51 === "string"){
if(!pattern5.test(data51)){
const err110 = {instancePath:instancePath+"/reply/onFailure",schemaPath:"#/properties/reply/properties/onFailure/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err110];
}
else {
vErrors.push(err110);
}
errors++;
}
}
else {
const err111 = {instancePath:instancePath+"/reply/onFailure",schemaPath:"#/properties/reply/properties/onFailure/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err111];
}
else {
vErrors.push(err111);
}
errors++;
}
}
if(data48.numbered !== undefined){
if(typeof data48.numbered !== "boolean"){
const err112 = {instancePath:instancePath+"/reply/numbered",schemaPath:"#/properties/reply/properties/numbered/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err112];
}
else {
vErrors.push(err112);
}
errors++;
}
}
if(data48.template !== undefined){
let data53 = data48.template;
if(typeof data53 === "string"){
if(!pattern26.test(data53)){
const err113 = {instancePath:instancePath+"/reply/template",schemaPath:"#/properties/reply/properties/template/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9_]{1,512}$"}};
if(vErrors === null){
vErrors = [err113];
}
else {
vErrors.push(err113);
}
errors++;
}
}
else {
const err114 = {instancePath:instancePath+"/reply/template",schemaPath:"#/properties/reply/properties/template/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err114];
}
else {
vErrors.push(err114);
}
errors++;
}
}
if(data48.templateLanguage !== undefined){
let data54 = data48.templateLanguage;
if(typeof data54 === "string"){
if(!pattern27.test(data54)){
const err115 = {instancePath:instancePath+"/reply/templateLanguage",schemaPath:"#/properties/reply/properties/templateLanguage/pattern",keyword:"pattern",params:{pattern: "^[a-z]{2,3}(_[A-Z]{2})?$"}};
if(vErrors === null){
vErrors = [err115];
}
else {
vErrors.push(err115);
}
errors++;
}
}
else {
const err116 = {instancePath:instancePath+"/reply/templateLanguage",schemaPath:"#/properties/reply/properties/templateLanguage/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err116];
}
else {
vErrors.push(err116);
}
errors++;
}
}
if(data48.tellAgent !== undefined){
if(typeof data48.tellAgent !== "boolean"){
const err117 = {instancePath:instancePath+"/reply/tellAgent",schemaPath:"#/properties/reply/properties/tellAgent/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err117];
}
else {
vErrors.push(err117);
}
errors++;
}
}
}
else {
const err118 = {instancePath:instancePath+"/reply",schemaPath:"#/properties/reply/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err118];
}
else {
vErrors.push(err118);
}
errors++;
}
}
if(data.receipts !== undefined){
let data56 = data.receipts;
if(data56 && typeof data56 == "object" && !Array.isArray(data56)){
for(const key9 in data56){
if(!(((key9 === "read") || (key9 === "typing")) || (key9 === "reaction"))){
const err119 = {instancePath:instancePath+"/receipts",schemaPath:"#/properties/receipts/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key9}};
if(vErrors === null){
vErrors = [err119];
}
else {
vErrors.push(err119);
}
errors++;
}
}
if(data56.read !== undefined){
if(typeof data56.read !== "boolean"){
const err120 = {instancePath:instancePath+"/receipts/read",schemaPath:"#/properties/receipts/properties/read/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err120];
}
else {
vErrors.push(err120);
}
errors++;
}
}
if(data56.typing !== undefined){
if(typeof data56.typing !== "boolean"){
const err121 = {instancePath:instancePath+"/receipts/typing",schemaPath:"#/properties/receipts/properties/typing/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err121];
}
else {
vErrors.push(err121);
}
errors++;
}
}
if(data56.reaction !== undefined){
let data59 = data56.reaction;
if(typeof data59 === "string"){
if(!pattern5.test(data59)){
const err122 = {instancePath:instancePath+"/receipts/reaction",schemaPath:"#/properties/receipts/properties/reaction/pattern",keyword:"pattern",params:{pattern: "\\S"}};
if(vErrors === null){
vErrors = [err122];
}
else {
vErrors.push(err122);
}
errors++;
}
}
else {
const err123 = {instancePath:instancePath+"/receipts/reaction",schemaPath:"#/properties/receipts/properties/reaction/type",keyword:"type",params:{type: "string"}};
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
else {
const err124 = {instancePath:instancePath+"/receipts",schemaPath:"#/properties/receipts/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err124];
}
else {
vErrors.push(err124);
}
errors++;
}
}
if(data.log !== undefined){
let data60 = data.log;
if(data60 && typeof data60 == "object" && !Array.isArray(data60)){
for(const key10 in data60){
if(!((key10 === "level") || (key10 === "format"))){
const err125 = {instancePath:instancePath+"/log",schemaPath:"#/properties/log/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key10}};
if(vErrors === null){
vErrors = [err125];
}
else {
vErrors.push(err125);
}
errors++;
}
}
if(data60.level !== undefined){
let data61 = data60.level;
if(typeof data61 !== "string"){
const err126 = {instancePath:instancePath+"/log/level",schemaPath:"#/properties/log/properties/level/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err126];
}
else {
vErrors.push(err126);
}
errors++;
}
if(!((((data61 === "debug") || (data61 === "info")) || (data61 === "warn")) || (data61 === "error"))){
const err127 = {instancePath:instancePath+"/log/level",schemaPath:"#/properties/log/properties/level/enum",keyword:"enum",params:{allowedValues: schema31.properties.log.properties.level.enum}};
if(vErrors === null){
vErrors = [err127];
}
else {
vErrors.push(err127);
}
errors++;
}
}
if(data60.format !== undefined){
let data62 = data60.format;
if(typeof data62 !== "string"){
const err128 = {instancePath:instancePath+"/log/format",schemaPath:"#/properties/log/properties/format/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err128];
}
else {
vErrors.push(err128);
}
errors++;
}
if(!(((data62 === "auto") || (data62 === "text")) || (data62 === "json"))){
const err129 = {instancePath:instancePath+"/log/format",schemaPath:"#/properties/log/properties/format/enum",keyword:"enum",params:{allowedValues: schema31.properties.log.properties.format.enum}};
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
const err130 = {instancePath:instancePath+"/log",schemaPath:"#/properties/log/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err130];
}
else {
vErrors.push(err130);
}
errors++;
}
}
if(data.shutdown !== undefined){
let data63 = data.shutdown;
if(data63 && typeof data63 == "object" && !Array.isArray(data63)){
for(const key11 in data63){
if(!(key11 === "timeout")){
const err131 = {instancePath:instancePath+"/shutdown",schemaPath:"#/properties/shutdown/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key11}};
if(vErrors === null){
vErrors = [err131];
}
else {
vErrors.push(err131);
}
errors++;
}
}
if(data63.timeout !== undefined){
let data64 = data63.timeout;
if(!(((typeof data64 == "number") && (!(data64 % 1) && !isNaN(data64))) && (isFinite(data64)))){
const err132 = {instancePath:instancePath+"/shutdown/timeout",schemaPath:"#/properties/shutdown/properties/timeout/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err132];
}
else {
vErrors.push(err132);
}
errors++;
}
if((typeof data64 == "number") && (isFinite(data64))){
if(data64 > 600 || isNaN(data64)){
const err133 = {instancePath:instancePath+"/shutdown/timeout",schemaPath:"#/properties/shutdown/properties/timeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 600}};
if(vErrors === null){
vErrors = [err133];
}
else {
vErrors.push(err133);
}
errors++;
}
if(data64 < 0 || isNaN(data64)){
const err134 = {instancePath:instancePath+"/shutdown/timeout",schemaPath:"#/properties/shutdown/properties/timeout/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
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
}
else {
const err135 = {instancePath:instancePath+"/shutdown",schemaPath:"#/properties/shutdown/type",keyword:"type",params:{type: "object"}};
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
const err136 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err136];
}
else {
vErrors.push(err136);
}
errors++;
}
validate20.errors = vErrors;
return errors === 0;
}
validate20.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

