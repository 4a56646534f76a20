using System.Data.Common;

namespace Nonet.Server.Ranking;

/// <summary>Temporary failures of the database: a lost connection, a full disk, a lock that another process holds.</summary>
static class DatabaseFault
{
    public static bool Is(Exception e) => e is DbException or IOException or TimeoutException;

    /// <summary>Describes a failure, with the location of the database.</summary>
    public static string Describe(Exception e, string place) => e.Message.Contains(place, StringComparison.Ordinal) ? e.Message : $"{place}: {e.Message}";
}
