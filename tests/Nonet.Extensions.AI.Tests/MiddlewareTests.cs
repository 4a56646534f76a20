using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;

namespace Nonet.Extensions.AI.Tests;

/// <summary>The client below the middleware of Microsoft.Extensions.AI, in the cases of its integration suite.</summary>
public class MiddlewareTests
{
    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    static Func<string, string> CallsThenTells => prompt =>
        prompt.LastIndexOf("<|tool|>", StringComparison.Ordinal) is >= 0 and var at ? prompt[(at + 8)..^13] : TestClient.Call("GetTemperature", "{}");

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task The_same_request_comes_from_the_cache(bool streams)
    {
        var random = new ChatOptions { Temperature = 100, MaxOutputTokens = 10 };
        using var test = new TestClient(_ => "");
        using var client = test.Client.AsBuilder().UseDistributedCache(new DictionaryCache()).Build();
        async Task<string> Ask(string text) => streams
            ? (await client.GetStreamingResponseAsync(text, random, Stopping).ToChatResponseAsync(Stopping)).Text
            : (await client.GetResponseAsync(text, random, Stopping)).Text;
        var first = await Ask("Pick.");
        var steps = test.Counts.Steps;
        Assert.Equal(first, await Ask("Pick."));
        Assert.Equal(steps, test.Counts.Steps);
        await Ask("Pick!");
        Assert.True(test.Counts.Steps > steps);
    }

    [Fact]
    public async Task A_cache_before_the_invocation_spares_function_and_model()
    {
        var calls = 0;
        using var test = new TestClient(CallsThenTells);
        using var client = test.Client.AsBuilder()
            .ConfigureOptions(o => o.Tools = [AIFunctionFactory.Create(() => $"{100 + ++calls} degrees", "GetTemperature")])
            .UseDistributedCache(new DictionaryCache()).UseFunctionInvocation().Build();
        var first = await client.GetResponseAsync("What is the temperature?", cancellationToken: Stopping);
        Assert.EndsWith("101 degrees", first.Text, StringComparison.Ordinal);
        var steps = test.Counts.Steps;
        Assert.Equal(first.Text, (await client.GetResponseAsync("What is the temperature?", cancellationToken: Stopping)).Text);
        Assert.Equal((1, steps), (calls, test.Counts.Steps));
    }

    [Fact]
    public async Task A_cache_behind_the_invocation_serves_equal_results()
    {
        var calls = 0;
        using var test = new TestClient(CallsThenTells);
        using var client = test.Client.AsBuilder()
            .ConfigureOptions(o => o.Tools = [AIFunctionFactory.Create(() => $"{58 + (++calls / 3)} degrees", "GetTemperature")])
            .UseFunctionInvocation().UseDistributedCache(new DictionaryCache()).Build();
        async Task<string> Ask() => (await client.GetResponseAsync("What is the temperature?", cancellationToken: Stopping)).Text;
        var first = await Ask();
        var steps = test.Counts.Steps;
        Assert.Equal(first, await Ask());
        Assert.Equal((2, steps), (calls, test.Counts.Steps)); // the call itself was cached, so the result has the same id
        Assert.EndsWith("59 degrees", await Ask(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_are_logged()
    {
        var log = new ListLog();
        using var test = new TestClient(CallsThenTells);
        using var client = test.Client.AsBuilder().UseFunctionInvocation().UseLogging(log).Build();
        await client.GetResponseAsync("Warm?", new ChatOptions { Tools = [AIFunctionFactory.Create(() => 42, "GetTemperature")] }, Stopping);
        var text = string.Join('\n', log.Lines);
        Assert.Contains("Warm?", text, StringComparison.Ordinal);
        Assert.Contains("\"name\": \"GetTemperature\"", text, StringComparison.Ordinal);
        Assert.Contains("\"result\": 42", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Telemetry_has_model_reason_and_usage()
    {
        var source = Guid.NewGuid().ToString();
        var activities = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activities.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var test = new TestClient(_ => "whale");
        using var client = test.Client.AsBuilder().UseOpenTelemetry(sourceName: source).Build();
        var response = await client.GetResponseAsync("What's the biggest animal?", cancellationToken: Stopping);
        var activity = Assert.Single(activities);
        Assert.Equal("chat scripted", activity.DisplayName);
        Assert.Equal("nonet", activity.GetTagItem("gen_ai.provider.name"));
        Assert.Equal((int)response.Usage!.InputTokenCount!, activity.GetTagItem("gen_ai.usage.input_tokens"));
        Assert.Equal((int)response.Usage.OutputTokenCount!, activity.GetTagItem("gen_ai.usage.output_tokens"));
    }

    sealed class DictionaryCache : IDistributedCache
    {
        readonly ConcurrentDictionary<string, byte[]> values = [];

        public byte[]? Get(string key) => values.GetValueOrDefault(key);

        public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => Task.FromResult(Get(key));

        public void Refresh(string key)
        {
        }

        public Task RefreshAsync(string key, CancellationToken token = default) => Task.CompletedTask;

        public void Remove(string key) => values.TryRemove(key, out _);

        public Task RemoveAsync(string key, CancellationToken token = default)
        {
            Remove(key);
            return Task.CompletedTask;
        }

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => values[key] = value;

        public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        {
            Set(key, value, options);
            return Task.CompletedTask;
        }
    }

    sealed class ListLog : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
