// Uses a model as the chat client of an agent of Agent Framework, which keeps the conversation and runs a function.
//   dotnet run -c Release --project samples/Agent -- path/to/model "Roll two dice." "And once more."
using System.ComponentModel;
using System.Text.Json.Serialization;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Nonet.Extensions.AI;

// arguments: a model, then questions; each is a turn of the same conversation
using IChatClient client = NonetChatClient.Open(args[0]);
var rolls = 0;
AIAgent agent = client.AsAIAgent("You are a helpful croupier.", "Croupier", tools: [AIFunctionFactory.Create(RollDice, "roll_dice")]);
var session = await agent.CreateSessionAsync();     // keeps the turns; the engine caches their keys and values
var options = new ChatClientAgentRunOptions(new ChatOptions { MaxOutputTokens = 200, ToolMode = ChatToolMode.RequireAny });
foreach (var question in args.Skip(1))
{
    await foreach (var update in agent.RunStreamingAsync(question, session, options))
    {
        Console.Write(update);
        foreach (var error in update.Contents.OfType<ErrorContent>())     // for example a call that the token limit cut off
            Console.Error.WriteLine(error.Message);
    }
    Console.WriteLine();
    options = new ChatClientAgentRunOptions(new ChatOptions { MaxOutputTokens = 100 });     // from the second turn on the model decides
}
Console.WriteLine($"{rolls} dice were rolled");

[Description("Rolls dice and tells what they show.")]
string RollDice([Description("How many.")] DiceCount count)
{
    rolls += (int)count;
    return string.Join(", ", Enumerable.Range(0, (int)count).Select(_ => Random.Shared.Next(1, 7)));
}

[JsonConverter(typeof(JsonStringEnumConverter<DiceCount>))]
enum DiceCount
{
    One = 1,
    Two,
    Three,
}
