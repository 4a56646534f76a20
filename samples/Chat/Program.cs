// Asks a model, in five lines.
//   dotnet run -c Release --project samples/Chat -- path/to/model "Why is the sky blue?"
using Microsoft.Extensions.AI;
using Nonet.Extensions.AI;

using IChatClient client = NonetChatClient.Open(args[0]);
await foreach (var update in client.GetStreamingResponseAsync(args[1]))
    Console.Write(update);
