using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using NonetMessage = Nonet.Text.Chat.ChatMessage;
using NonetToolCall = Nonet.Text.Chat.ChatToolCall;

namespace Nonet.Extensions.AI;

/// <summary>Converts messages of Microsoft.Extensions.AI to turns for a chat template.</summary>
static class ChatMessages
{
    /// <exception cref="NotSupportedException">A text model cannot take the content of a message. The exception's message names both.</exception>
    public static List<NonetMessage> Read(IEnumerable<ChatMessage> messages, string? instructions)
    {
        var turns = new List<NonetMessage>();
        if (!string.IsNullOrEmpty(instructions))
            turns.Add(NonetMessage.System(instructions));
        var names = new Dictionary<string, string>(StringComparer.Ordinal); // names of functions, by the ids of their calls
        var index = 0;
        foreach (var message in messages)
        {
            ArgumentNullException.ThrowIfNull(message, nameof(messages));
            Add(turns, message, index++, names);
        }
        return index > 0 ? turns : throw new ArgumentException("the conversation has no message; expected at least one", nameof(messages));
    }

    static void Add(List<NonetMessage> turns, ChatMessage message, int index, Dictionary<string, string> names)
    {
        var (text, thoughts, calls, results) = (new StringBuilder(), new StringBuilder(), new List<NonetToolCall>(), 0);
        foreach (var content in message.Contents)
        {
            switch (content)
            {
                case TextContent part:
                    text.Append(part.Text);
                    break;
                case TextReasoningContent part:
                    thoughts.Append(part.Text);
                    break;
                case FunctionCallContent call:
                    names[call.CallId] = call.Name;
                    calls.Add(new NonetToolCall(call.Name, ArgumentsOf(call), call.CallId));
                    break;
                case FunctionResultContent result:
                    turns.Add(NonetMessage.Tool(ToolResults.TextOf(result), result.CallId, names.GetValueOrDefault(result.CallId)));
                    results++;
                    break;
                case DataContent data when data.HasTopLevelMediaType("text") || data.MediaType == "application/json":
                    text.Append(Encoding.UTF8.GetString(data.Data.Span));
                    break;
                case UsageContent or ErrorContent: // from an earlier reply
                    break;
                default:
                    throw new NotSupportedException(
                        $"message {index} ({message.Role}) has {NameOf(content)}; this model reads text: "
                        + "expected TextContent, text in DataContent, FunctionCallContent or FunctionResultContent");
            }
        }
        var isEmpty = text.Length == 0 && calls.Count == 0;
        if (isEmpty && (results > 0 || message.Role == ChatRole.System))
            return;
        turns.Add(new NonetMessage(message.Role.Value, text.ToString()) { ToolCalls = calls, Reasoning = thoughts.Length > 0 ? thoughts.ToString() : null });
    }

    static string NameOf(AIContent content) => content switch
    {
        DataContent data => $"DataContent of {data.MediaType}",
        UriContent uri => $"UriContent of {uri.MediaType}",
        _ => content.GetType().Name,
    };

    static JsonElement ArgumentsOf(FunctionCallContent call) => JsonOf(call.Arguments ?? new Dictionary<string, object?>());

    /// <summary>Arguments as a JSON object.</summary>
    public static JsonElement JsonOf(IDictionary<string, object?> arguments) => JsonSerializer.SerializeToElement(
        new Dictionary<string, object?>(arguments), AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>)));
}
