// Made by scripts/proto.ts from reflection-v1alpha.proto: do not edit.
import { list, many, nested, one, optional, part } from '../protobuf/fields.ts';
import { int32List } from '../protobuf/lists.ts';
import { message, type Message } from '../protobuf/message.ts';
import { bytes, int32, string } from '../protobuf/scalars.ts';

export interface ServerReflectionRequest {
  host: string;
  fileByFilename: string | undefined;
  fileContainingSymbol: string | undefined;
  fileContainingExtension: ExtensionRequest | undefined;
  allExtensionNumbersOfType: string | undefined;
  listServices: string | undefined;
}

export const ServerReflectionRequest: Message<ServerReflectionRequest> = message(() => [one(1, 'host', string), optional(3, 'fileByFilename', string, ['fileContainingSymbol', 'fileContainingExtension', 'allExtensionNumbersOfType', 'listServices']), optional(4, 'fileContainingSymbol', string, ['fileByFilename', 'fileContainingExtension', 'allExtensionNumbersOfType', 'listServices']), part(5, 'fileContainingExtension', () => ExtensionRequest, ['fileByFilename', 'fileContainingSymbol', 'allExtensionNumbersOfType', 'listServices']), optional(6, 'allExtensionNumbersOfType', string, ['fileByFilename', 'fileContainingSymbol', 'fileContainingExtension', 'listServices']), optional(7, 'listServices', string, ['fileByFilename', 'fileContainingSymbol', 'fileContainingExtension', 'allExtensionNumbersOfType'])]);

export interface ExtensionRequest {
  containingType: string;
  extensionNumber: number;
}

export const ExtensionRequest: Message<ExtensionRequest> = message(() => [one(1, 'containingType', string), one(2, 'extensionNumber', int32)]);

export interface ServerReflectionResponse {
  validHost: string;
  originalRequest: ServerReflectionRequest | undefined;
  fileDescriptorResponse: FileDescriptorResponse | undefined;
  allExtensionNumbersResponse: ExtensionNumberResponse | undefined;
  listServicesResponse: ListServiceResponse | undefined;
  errorResponse: ErrorResponse | undefined;
}

export const ServerReflectionResponse: Message<ServerReflectionResponse> = message(() => [one(1, 'validHost', string), part(2, 'originalRequest', () => ServerReflectionRequest), part(4, 'fileDescriptorResponse', () => FileDescriptorResponse, ['allExtensionNumbersResponse', 'listServicesResponse', 'errorResponse']), part(5, 'allExtensionNumbersResponse', () => ExtensionNumberResponse, ['fileDescriptorResponse', 'listServicesResponse', 'errorResponse']), part(6, 'listServicesResponse', () => ListServiceResponse, ['fileDescriptorResponse', 'allExtensionNumbersResponse', 'errorResponse']), part(7, 'errorResponse', () => ErrorResponse, ['fileDescriptorResponse', 'allExtensionNumbersResponse', 'listServicesResponse'])]);

export interface FileDescriptorResponse {
  fileDescriptorProto: Uint8Array[];
}

export const FileDescriptorResponse: Message<FileDescriptorResponse> = message(() => [many(1, 'fileDescriptorProto', bytes)]);

export interface ExtensionNumberResponse {
  baseTypeName: string;
  extensionNumber: Int32Array;
}

export const ExtensionNumberResponse: Message<ExtensionNumberResponse> = message(() => [one(1, 'baseTypeName', string), list(2, 'extensionNumber', int32List)]);

export interface ListServiceResponse {
  service: ServiceResponse[];
}

export const ListServiceResponse: Message<ListServiceResponse> = message(() => [many(1, 'service', nested(() => ServiceResponse))]);

export interface ServiceResponse {
  name: string;
}

export const ServiceResponse: Message<ServiceResponse> = message(() => [one(1, 'name', string)]);

export interface ErrorResponse {
  errorCode: number;
  errorMessage: string;
}

export const ErrorResponse: Message<ErrorResponse> = message(() => [one(1, 'errorCode', int32), one(2, 'errorMessage', string)]);

