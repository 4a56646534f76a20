// Makes a model fill in a record: the reply is JSON that matches the record's schema.
//   dotnet run -c Release --project samples/StructuredOutput -- path/to/model "Jimbo Smith, 35, writes software in Cardiff."
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using Nonet.Extensions.AI;

// arguments: a model, a sentence about somebody
using IChatClient client = NonetChatClient.Open(args[0]);
var response = await client.GetResponseAsync<Person>($"Who is described here? {args[1]}", new ChatOptions { Temperature = 0 });
var person = response.Result;                       // the constraint makes the reply valid for any model
Console.WriteLine($"{person.Name}, {person.Age}, {person.Job}");
Console.WriteLine($"{response.Usage!.InputTokenCount} tokens read, {response.Usage.OutputTokenCount} written");

sealed record Person
{
    [Description("Full name."), StringLength(40)]
    public required string Name { get; init; }

    [Range(0, 130)]
    public required int Age { get; init; }

    public required Job Job { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<Job>))]
enum Job
{
    Artist,
    Programmer,
    Teacher,
    Other,
}
