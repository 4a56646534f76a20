using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Nonet.Extensions.AI.Tests;

public class StructuredOutputTests
{
    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    enum JobType
    {
        Wombat,
        PopStar,
        Programmer,
    }

    sealed record Person(string? FullName, int AgeInYears, string? HomeTown, JobType Job);

    const string Jimbo = """{"fullName": "Jimbo Smith", "ageInYears": 35, "homeTown": "Cardiff", "job": "Programmer"}""";

    static async Task<T> Ask<T>(string wants, bool? native = null)
    {
        using var test = new TestClient(_ => wants);
        return (await test.Client.GetResponseAsync<T>("Who is it?", useJsonSchemaResponseFormat: native, cancellationToken: Stopping)).Result;
    }

    [Fact]
    public async Task Objects_arrays_and_values()
    {
        var jimbo = new Person("Jimbo Smith", 35, "Cardiff", JobType.Programmer);
        Assert.Equal(jimbo, await Ask<Person>(Jimbo));
        Assert.Equal([jimbo, jimbo], await Ask<Person[]>($$"""{"data": [{{Jimbo}}, {{Jimbo}}]}"""));
        Assert.Equal(15, await Ask<int>("""{"data": 15}"""));
        Assert.Equal("Jimbo", await Ask<string>("""{"data": "Jimbo"}"""));
        Assert.True(await Ask<bool>("""{"data": true}"""));
        Assert.Equal(JobType.PopStar, await Ask<JobType>("""{"data": "PopStar"}"""));
    }

    [Fact]
    public async Task A_model_that_would_write_something_else_writes_JSON_of_the_schema()
    {
        Assert.Equal(JobType.PopStar, await Ask<JobType>("""{"data": "Popular"}"""));
        var person = await Ask<Person>("""{"fullName": "Jim", "age": "old", "homeTown": 7}""");
        Assert.Equal("Jim", person.FullName);
    }

    [Fact]
    public async Task JSON_without_a_schema_is_an_object()
    {
        using var test = new TestClient(prompt => prompt.Contains("nothing", StringComparison.Ordinal) ? "Nothing at all." : "{\"a\": [1, null, \"x\"]}");
        var options = new ChatOptions { ResponseFormat = ChatResponseFormat.Json };
        Assert.Equal("{\"a\": [1, null, \"x\"]}", (await test.Client.GetResponseAsync("?", options, Stopping)).Text);
        using var forced = JsonDocument.Parse((await test.Client.GetResponseAsync("nothing", options, Stopping)).Text);
        Assert.Equal(JsonValueKind.Object, forced.RootElement.ValueKind);
        options.ResponseFormat = ChatResponseFormat.Text;
        Assert.Equal("Nothing at all.", (await test.Client.GetResponseAsync("nothing", options, Stopping)).Text);
        Assert.Equal(35, (await Ask<Person>(Jimbo, native: false)).AgeInYears);
    }

    [Fact]
    public async Task Functions_and_a_schema_go_together()
    {
        using var test = new TestClient(prompt =>
            prompt.Contains("Cardiff", StringComparison.Ordinal) ? Jimbo : TestClient.Call("GetPersonById", "{\"personId\": 123}"));
        using var client = new FunctionInvokingChatClient(test.Client);
        var response = await client.GetResponseAsync<Person>("Who is person with ID 123?", new ChatOptions
        {
            Tools = [AIFunctionFactory.Create((int personId) =>
                personId == 123 ? new Person("Jimbo Smith", 35, "Cardiff", JobType.Programmer) : null, "GetPersonById")],
        }, cancellationToken: Stopping);
        Assert.Equal("Jimbo Smith", response.Result.FullName);
    }

    [Fact]
    public async Task Schemas_in_turn_hold_each_for_its_own_reply()
    {
        using var test = new TestClient(_ => "nothing");
        for (var i = 0; i < 40; i++) // more than the constraints that are kept, and each twice in a row
        {
            var options = new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse($$"""{"const":{{i / 2 % 10}}}""")) };
            Assert.Equal($"{i / 2 % 10}", (await test.Client.GetResponseAsync("?", options, Stopping)).Text);
        }
    }

    [Fact]
    public async Task A_schema_that_cannot_be_enforced_is_refused_by_its_keyword()
    {
        using var test = new TestClient(_ => "");
        var options = new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"type":"array","uniqueItems":true}""")) };
        Assert.Equal("the response format: schema #: uniqueItems cannot be enforced: whether an item came before is not known to a grammar",
            (await Assert.ThrowsAsync<NotSupportedException>(() => test.Client.GetResponseAsync("?", options, Stopping))).Message);
    }
}
