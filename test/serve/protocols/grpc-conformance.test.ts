import { grpcProtocolConformance } from '../../conformance/grpc-protocols.ts';
import { grpcCallers, torchserveCaller } from './grpc-callers.ts';

for (const caller of [...grpcCallers, torchserveCaller]) grpcProtocolConformance(caller);
