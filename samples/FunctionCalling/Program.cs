// Lets a model call a function. Constrained decoding makes the arguments match the function's parameters.
//   dotnet run -c Release --project samples/FunctionCalling -- path/to/model "Do I need an umbrella in Rome?"
using System.ComponentModel;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using Nonet.Extensions.AI;

// arguments: a model, a question about the weather
using var client = NonetChatClient.Open(args[0]).AsBuilder().UseFunctionInvocation().Build();
var options = new ChatOptions
{
    Tools = [AIFunctionFactory.Create(GetWeather, "get_weather")],
    ToolMode = ChatToolMode.RequireAny,             // the first reply is a call; leave this out to let the model decide
    MaxOutputTokens = 200,
};
await foreach (var update in client.GetStreamingResponseAsync(args[1], options))
{
    foreach (var content in update.Contents)
    {
        if (content is FunctionCallContent call)
            Console.WriteLine($"[{call.Name}({string.Join(", ", call.Arguments!.Select(a => $"{a.Key}: {a.Value}"))})]");
        else if (content is FunctionResultContent result)
            Console.WriteLine($"[{result.Result}]");
    }
    Console.Write(update.Text);
}
Console.WriteLine();

[Description("Tells the weather in a city.")]
static string GetWeather([Description("Where.")] City city, [Description("Whether to measure in degrees Fahrenheit.")] bool fahrenheit = false) =>
    $"It is {(fahrenheit ? "68 °F" : "20 °C")} in {city}, and it rains.";

[JsonConverter(typeof(JsonStringEnumConverter<City>))]
enum City
{
    Berlin,
    Paris,
    Rome,
}
