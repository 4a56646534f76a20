using Nonet.Inference;
using Nonet.Inference.Chat;
using Nonet.Models;
using Nonet.Tests.Inference;
using Nonet.Tests.Inference.Tools;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Extensions.AI.Tests;

/// <summary>A client whose model writes what a test says, with the engine that it needs.</summary>
sealed class TestClient : IDisposable
{
    readonly DecodingEngine engine;

    /// <param name="answer">What the model writes after a prompt.</param>
    /// <param name="format">Name of the format of calls, whose template the model has.</param>
    /// <param name="options">Limits of the engine.</param>
    public TestClient(Func<string, string> answer, string format = "hermes", EngineOptions? options = null)
    {
        var tokenizer = new ByteTokenizer();
        ICausalModel model = new ScriptedModel(tokenizer, ToolTemplates.Reply, prompt =>
        {
            lock (Prompts)
            {
                if (!Prompts.Contains(prompt))
                    Prompts.Add(prompt);
            }
            return answer(prompt);
        });
        engine = new DecodingEngine(model, tokenizer, options);
        Client = new NonetChatClient(
            new ChatModel(engine, tokenizer, ChatTemplate.Parse(ToolTemplates.Of(format)), new GenerationOptions { Sampler = SamplerOptions.Greedy }),
            "scripted");
    }

    public NonetChatClient Client { get; }

    /// <summary>What the model was asked, in order.</summary>
    public List<string> Prompts { get; } = [];

    public EngineCounts Counts => engine.Counts;

    /// <summary>Requests that have reached the engine.</summary>
    public int Submitted => engine.Submitted;

    public static string Call(string name, string arguments) => $"<tool_call>\n{{\"name\": \"{name}\", \"arguments\": {arguments}}}\n</tool_call>";

    public void Dispose()
    {
        Client.Dispose();
        engine.Dispose();
    }
}
