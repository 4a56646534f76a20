using System.Text.Json.Serialization;

namespace Nonet.Server.Ranking;

/// <summary>JSON of the store and of the pages.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RankingTask))]
[JsonSerializable(typeof(Judgement))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(JoinRequest))]
[JsonSerializable(typeof(SaveRequest))]
[JsonSerializable(typeof(UndoRequest))]
[JsonSerializable(typeof(InviteRequest))]
[JsonSerializable(typeof(LabellerRequest))]
[JsonSerializable(typeof(TaskReply))]
[JsonSerializable(typeof(SavedReply))]
[JsonSerializable(typeof(LinkReply))]
[JsonSerializable(typeof(ErrorReply))]
[JsonSerializable(typeof(OwnerReply))]
sealed partial class RankingJson : JsonSerializerContext;
