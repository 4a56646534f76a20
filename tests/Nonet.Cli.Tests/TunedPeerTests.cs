using System.Text.Json;
using Nonet.Checkpoints;
using Nonet.Tests.Checkpoints.Gguf;
using Nonet.Text.Chat;

namespace Nonet.Cli.Tests;

/// <summary>A model that was tuned with adapters, merged and converted, as transformers and llama.cpp use it.</summary>
public sealed class TunedPeerTests : IDisposable
{
    const int Most = 24;
    readonly Peer peer = new();
    readonly TemporaryFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        folder.Dispose();
        peer.Dispose();
    }

    [Theory]
    [InlineData("plain", true)]
    [InlineData("{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content | trim }}\n"
        + "{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}", false)]
    public async Task Peers_render_the_same_prompt_of_the_same_ids_and_stop_at_the_end_token(string template, bool isName)
    {
        if (!isName)
            folder.Add("chat.jinja", template);
        TextFiles.Write(folder["texts"]);
        folder.Add("base.yaml", $$"""
            model: {kind: llama, layers: 2, width: 64, heads: 4, kv_heads: 2, context: 128}
            data: {path: {{folder["texts"]}}, validation: 0.25, documents: file}
            tokenizer: {vocab: 300}
            training: {steps: 20, warmup: 1, batch: 4, evaluate_every: 20, save_every: 20}
            run: {sample_every: null}
            """);
        folder.Add("chats.jsonl", string.Concat(Enumerable.Range(0, 64).Select(i =>
            $$"""{"messages": [{"role": "user", "content": "the ship {{i}}"}, {"role": "assistant", "content": "the whale saw it"}]}""" + "\n")));
        await Done("train", folder["base.yaml"], "--out", folder["base"], "--threads", "1");
        await Done("tune", folder["base"], folder["chats.jsonl"], "--lora", "16", "--learning-rate", "0.01", "--epochs", "16", "--template",
            isName ? template : folder["chat.jinja"], "--out", folder["run"], "--threads", "1");
        await Done("merge", folder["base"], folder["run"], Path.Combine(peer.Folder, "tuned"));
        await Done("convert", Path.Combine(peer.Folder, "tuned"), Path.Combine(peer.Folder, "model.gguf"), "--type", "f32");

        (string, string)[][] conversations =
        [
            [("user", "the ship 3")],
            [("user", "the ship 70")],
            [("user", "  the old captain\n")],
            [("user", "the ship 5"), ("assistant", "the whale saw it"), ("user", "and the wind?")],
        ];
        var format = new InstructionFormat(ModelFile.Open(Path.Combine(peer.Folder, "tuned")));
        Assert.Equal(format.Template!.Fingerprint, ChatTemplate.Load(Path.Combine(peer.Folder, "model.gguf"))!.Fingerprint);
        var theirs = Transformers(conversations);
        using var server = await LlamaServer.Start(peer, Cancel, context: 512);
        foreach (var (conversation, (prompt, ids, answer, ended)) in conversations.Zip(theirs))
        {
            object[] messages = [.. conversation.Select(m => new { role = m.Item1, content = m.Item2 })];
            var ours = format.Template.Render(conversation.Select(m => new ChatMessage(m.Item1, m.Item2)));
            Assert.Equal((prompt, prompt), (ours, await server.ApplyTemplate(messages, Cancel)));
            Assert.Equal(ids, format.Tokenizer.Encode(ours, marks: false));
            Assert.Equal(ids, await server.TokenizePrompt(prompt, Cancel));
            Assert.True(ended, $"transformers wrote on: {answer}");
            Assert.Equal((answer, "stop"), await server.Chat(messages, Most, Cancel));
            Assert.Equal(answer, await Answer(prompt));
        }
        Assert.All(theirs, t => Assert.EndsWith("it", t.Answer.Trim(), StringComparison.Ordinal)); // as tuned, and not a base model that ends at once
    }

    async Task<string> Answer(string prompt)
    {
        var written = await Program.Run("generate", Path.Combine(peer.Folder, "model.gguf"), prompt, "--max-tokens", $"{Most}", "--temperature", "0", "--json");
        return written.Json.GetProperty("samples")[0].GetProperty("text").GetString()!;
    }

    static async Task Done(params string[] args)
    {
        var outcome = await Program.Run(args);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
    }

    /// <summary>Prompts, their ids, the likeliest answers, and whether these ended with the end token.</summary>
    List<(string Prompt, int[] Ids, string Answer, bool Ended)> Transformers((string Role, string Content)[][] conversations)
    {
        File.WriteAllText(Path.Combine(peer.Folder, "chats.json"),
            JsonSerializer.Serialize(conversations.Select(c => c.Select(m => new { role = m.Role, content = m.Content }))));
        using var json = JsonDocument.Parse(peer.Python("-c", """
            import json, sys
            from transformers import AutoModelForCausalLM, AutoTokenizer
            folder, most = sys.argv[1], int(sys.argv[2])
            tokenizer = AutoTokenizer.from_pretrained(folder + "/tuned")
            model = AutoModelForCausalLM.from_pretrained(folder + "/tuned")
            answers = []
            for chat in json.load(open(folder + "/chats.json")):
                prompt = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
                ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")
                new = model.generate(**ids, max_new_tokens=most, do_sample=False)[0, ids.input_ids.shape[1]:].tolist()
                ended = new[-1] == tokenizer.eos_token_id
                text = tokenizer.decode(new, skip_special_tokens=True, clean_up_tokenization_spaces=False)
                answers.append({"prompt": prompt, "ids": ids.input_ids[0].tolist(), "text": text, "ended": ended})
            print(json.dumps(answers))
            """, peer.Inside, $"{Most}"));
        return [.. json.RootElement.EnumerateArray().Select(a => (a.GetProperty("prompt").GetString()!,
            a.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray(), a.GetProperty("text").GetString()!,
            a.GetProperty("ended").GetBoolean()))];
    }
}
