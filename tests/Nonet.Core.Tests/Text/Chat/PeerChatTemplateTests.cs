using System.Text.Json;
using Nonet.Text.Jinja;

namespace Nonet.Tests.Text.Chat;

/// <summary>
/// Chat templates of released models, all .jinja files below the folder that NONET_TEMPLATES names: conversations rendered here and by transformers.
/// </summary>
public class PeerChatTemplateTests
{
    const string Script = """
        import json, sys
        from transformers.utils.chat_template_utils import _compile_jinja_template
        templates, conversations = json.load(open(sys.argv[1] + '/in.json'))
        results = []
        for source in templates:
            for variables in conversations:
                try: results.append(_compile_jinja_template(source).render(**variables))
                except Exception as e: results.append(None)
        json.dump(results, open(sys.argv[1] + '/out.json', 'w'))
        """;

    const string Conversations = """
        [{"messages": [{"role": "user", "content": "Hi"}], "add_generation_prompt": true},
         {"messages": [{"role": "system", "content": " Be kind.\n"}, {"role": "user", "content": "Hi "}, {"role": "assistant", "content": "Hello <b>\"you\"</b>"}, {"role": "user", "content": "Bye 北京"}], "add_generation_prompt": true, "tools": null},
         {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}], "add_generation_prompt": false},
         {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "<think>\nwell\n</think>\n\nHello"}, {"role": "user", "content": "More"}, {"role": "assistant", "content": "Done"}], "add_generation_prompt": false, "enable_thinking": false},
         {"messages": [{"role": "user", "content": "Weather?"}, {"role": "assistant", "content": "", "tool_calls": [{"id": "abcdefghi", "type": "function", "function": {"name": "weather", "arguments": {"city": "Köln", "days": 2}}}]},
           {"role": "tool", "content": "rain", "tool_call_id": "abcdefghi", "name": "weather"}], "add_generation_prompt": true,
          "tools": [{"type": "function", "function": {"name": "weather", "description": "Tells it.", "parameters": {"type": "object", "properties": {"city": {"type": "string", "description": "Where"}, "days": {"type": "integer"}}, "required": ["city"]}}}]},
         {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is this?"}]}], "add_generation_prompt": true},
         {"messages": [], "add_generation_prompt": true}]
        """;

    [Fact]
    public void Released_templates_render_as_in_transformers()
    {
        using var peer = new Peer();
        var folder = Environment.GetEnvironmentVariable("NONET_TEMPLATES");
        Assert.SkipWhen(folder is null, "NONET_TEMPLATES is not set: it names a folder of .jinja files");
        var files = Directory.GetFiles(folder, "*.jinja", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        var templates = Array.ConvertAll(files, File.ReadAllText);
        var marked = JsonSerializer.Deserialize<List<Dictionary<string, object>>>(Conversations)!.ConvertAll(c =>
            new Dictionary<string, object>(c) { ["bos_token"] = "<s>", ["eos_token"] = "</s>" });
        using var conversations = JsonDocument.Parse(JsonSerializer.Serialize(marked));
        File.WriteAllText(Path.Combine(peer.Folder, "in.json"), JsonSerializer.Serialize(new object[] { templates, conversations.RootElement }));
        peer.Python("-c", Script, peer.Inside);
        var theirs = JsonSerializer.Deserialize<string?[]>(File.ReadAllText(Path.Combine(peer.Folder, "out.json")))!;
        var (different, at, rendered) = (new List<string>(), 0, 0);
        for (var t = 0; t < templates.Length; t++)
        {
            foreach (var variables in conversations.RootElement.EnumerateArray())
            {
                string? got = null, error = null;
                try
                {
                    got = JinjaTemplate.Parse(templates[t]).Render(variables);
                }
                catch (JinjaException e)
                {
                    error = e.Message;
                }
                var wanted = theirs[at++];
                rendered += wanted is null ? 0 : 1;
                if (got != wanted)
                    different.Add($"{files[t]}, conversation {(at - 1) % conversations.RootElement.GetArrayLength()}\n   here  {got ?? error}\n   there "
                        + $"{wanted ?? "(an error)"}");
            }
        }
        Assert.True(different.Count == 0, $"{different.Count} of {theirs.Length} ({rendered} rendered there) differ:\n{string.Join("\n", different)}");
    }
}
