using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Nonet.Inference;
using Nonet.Inference.Chat;
using Nonet.Inference.Tools;
using Nonet.Text.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Nonet.Extensions.AI;

/// <summary>Converts messages and options of Microsoft.Extensions.AI to a request to a model.</summary>
static class ChatRequests
{
    const string TemplateVariables = "chat_template_kwargs", MinP = "min_p", Typical = "typical_p", RepetitionPenalty = "repetition_penalty";

    /// <exception cref="ArgumentException">An option has an invalid value. The message names it.</exception>
    /// <exception cref="NotSupportedException">The model does not support an option or a content. The message names it.</exception>
    public static ChatRequest Read(IEnumerable<ChatMessage> messages, ChatOptions? options, string modelId, GenerationOptions defaults, IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(messages);
        options ??= new ChatOptions();
        if (options.ModelId is { } wanted && wanted != modelId)
            throw new ArgumentException($"ChatOptions.ModelId is {wanted}; this client has {modelId}");
        if (options.ConversationId is not null)
            throw new NotSupportedException("ChatOptions.ConversationId is set, and this client keeps no conversations; send all messages with each request");
        if (options.ContinuationToken is not null)
            throw new NotSupportedException("ChatOptions.ContinuationToken is set, and this client has no replies to continue; send the request again");
        var format = options.ResponseFormat as ChatResponseFormatJson;
        ChatTool[] tools = [.. (options.Tools ?? []).Select(Tool)];
        return new ChatRequest
        {
            Messages = ChatMessages.Read(messages, options.Instructions),
            Tools = tools,
            ToolChoice = Choice(options.ToolMode),
            AllowsSeveralCalls = options.AllowMultipleToolCalls ?? true,
            Schema = format is null ? null : format.Schema?.GetRawText() ?? """{"type":"object"}""",
            Options = Generation(options, options.RawRepresentationFactory?.Invoke(client) as GenerationOptions ?? defaults),
            Variables = Variables(options),
        };
    }

    static ChatTool Tool(AITool tool) => tool is AIFunctionDeclaration function
        ? new ChatTool(function.Name, function.Description, function.JsonSchema) { IsStrict = IsStrict(function) }
        : throw new NotSupportedException(
            $"ChatOptions.Tools has the {tool.GetType().Name} {tool.Name}, which a service would have to run; expected functions");

    /// <summary>Whether arguments must match the schema: true unless the function's property "strict", which OpenAI's clients read, is false.</summary>
    static bool IsStrict(AIFunctionDeclaration function) => function.AdditionalProperties.GetValueOrDefault("strict") is not false;

    static ToolChoice Choice(ChatToolMode? mode) => mode switch
    {
        null or AutoChatToolMode => ToolChoice.Auto,
        NoneChatToolMode => ToolChoice.None,
        RequiredChatToolMode { RequiredFunctionName: { } name } => ToolChoice.Tool(name),
        RequiredChatToolMode => ToolChoice.Required,
        _ => throw new NotSupportedException($"ChatOptions.ToolMode is a {mode.GetType().Name}; expected Auto, None, RequireAny or RequireSpecific"),
    };

    static GenerationOptions Generation(ChatOptions options, GenerationOptions defaults)
    {
        Require(options.Temperature is null or (>= 0 and <= float.MaxValue), nameof(options.Temperature), options.Temperature,
            "0 (always the likeliest token) or a finite number above");
        Require(options.TopP is null or (> 0 and <= 1), nameof(options.TopP), options.TopP, "above 0 and at most 1");
        Require(options.TopK is null or >= 1, nameof(options.TopK), options.TopK, "at least 1");
        Require(options.MaxOutputTokens is null or >= 1, nameof(options.MaxOutputTokens), options.MaxOutputTokens, "at least 1");
        Require(options.FrequencyPenalty is not { } frequency || float.IsFinite(frequency), nameof(options.FrequencyPenalty), options.FrequencyPenalty,
            "a finite number");
        Require(options.PresencePenalty is not { } presence || float.IsFinite(presence), nameof(options.PresencePenalty), options.PresencePenalty,
            "a finite number");
        Require(options.StopSequences?.Contains("") != true, nameof(options.StopSequences), "an empty text", "texts of at least one character");
        var sampler = defaults.Sampler;
        return defaults with
        {
            MaxTokens = options.MaxOutputTokens ?? defaults.MaxTokens,
            StopTexts = [.. defaults.StopTexts, .. options.StopSequences ?? []],
            Sampler = sampler with
            {
                Temperature = options.Temperature ?? sampler.Temperature,
                TopP = options.TopP ?? sampler.TopP,
                TopK = options.TopK ?? sampler.TopK,
                FrequencyPenalty = options.FrequencyPenalty ?? sampler.FrequencyPenalty,
                PresencePenalty = options.PresencePenalty ?? sampler.PresencePenalty,
                Seed = options.Seed is { } seed ? unchecked((ulong)seed) : sampler.Seed,
                MinP = Number(options, MinP, 0, 1) ?? sampler.MinP,
                Typical = Number(options, Typical, double.Epsilon, 1) ?? sampler.Typical,
                RepetitionPenalty = Number(options, RepetitionPenalty, double.Epsilon, double.MaxValue) ?? sampler.RepetitionPenalty,
            },
        };
    }

    static void Require<T>(bool holds, string option, T found, string expected)
    {
        if (!holds)
            throw new ArgumentException(FormattableString.Invariant($"ChatOptions.{option} is {found}; expected {expected}"));
    }

    static double? Number(ChatOptions options, string key, double least, double most)
    {
        if (options.AdditionalProperties?.TryGetValue(key, out var value) != true || value is null)
            return null;
        double? number = value switch
        {
            double d => d,
            float f => f,
            decimal m => (double)m,
            int i => i,
            long l => l,
            JsonElement { ValueKind: JsonValueKind.Number } json => json.GetDouble(),
            _ => null,
        };
        return number >= least && number <= most ? number
            : throw new ArgumentException(
                FormattableString.Invariant(
                    $"ChatOptions.AdditionalProperties[\"{key}\"] is {value}; expected a number {(least == 0 ? "from 0 to" : "above 0, at most")} {most}"));
    }

    /// <summary>Variables for the chat template: the given ones, and the reasoning options under the names that templates commonly use.</summary>
    static JsonElement? Variables(ChatOptions options)
    {
        var variables = new JsonObject();
        if (options.Reasoning?.Effort is { } effort)
        {
            variables["enable_thinking"] = effort != ReasoningEffort.None;
            if (effort != ReasoningEffort.None)
                variables["reasoning_effort"] = effort == ReasoningEffort.Low ? "low" : effort == ReasoningEffort.Medium ? "medium" : "high";
        }
        if (options.AdditionalProperties?.TryGetValue(TemplateVariables, out var given) == true && given is not null)
        {
            var json = given switch
            {
                JsonElement element => element,
                JsonObject node => JsonSerializer.SerializeToElement(node, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonObject))),
                IDictionary<string, object?> fields =>
                    JsonSerializer.SerializeToElement(fields, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>))),
                _ => default,
            };
            if (json.ValueKind != JsonValueKind.Object)
                throw new ArgumentException(
                    $"ChatOptions.AdditionalProperties[\"{TemplateVariables}\"] is a {given.GetType().Name}; "
                    + "expected a JSON object or a dictionary of the template's variables");
            foreach (var field in json.EnumerateObject())
                variables[field.Name] = JsonValue.Create(field.Value);
        }
        return variables.Count == 0 ? null : JsonElement.Parse(variables.ToJsonString());
    }
}
