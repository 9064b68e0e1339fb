import { grpcProtocolConformance } from '../../conformance/grpc-protocols.ts';
import { grpcCallers } from './grpc-callers.ts';

for (const caller of grpcCallers) grpcProtocolConformance(caller);
