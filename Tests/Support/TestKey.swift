/// Keys that are used only in tests.
public enum TestKey {
    /// An RSA key of 2,048 bits.
    public static let rsa = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDHBRH+UsFYi+0b
        Vs3DpaHF1QUDAv1tTZZkHGhXVPV5adcmyt0kjfrlZnhQ7F3I0fjrQu5XWt4BF1Sy
        XBb+CoFgD+8iGgL/jI0HVVaPf7S869QC0/Kzq1KwMl7W/HKb4g1d9STpM+rUGSNP
        Pyho76GjeZAFWHry/y7zjXyNQCKiCRkBY3IHChguOSWdzrMTbZh/bh5/mhKDIq/S
        UPh45TjmcTeL0IbFj0NDe3Y8xneyZlZFwqTqEDFgKSMcTdJn2O0Sp3DdhbanP/5T
        gML6aGanHU0qFZtFd/5jgwKwKitS45vuRoqqTH8XEZy1T5L1HfECIh/YnKsF/OPa
        GAwiKAHTAgMBAAECggEACmRLYjoz+kmkIc9Qgyy827WZw2R+kxyAA84v7I91Gdfa
        8h2ZmnUHar8E/US6SOgd1TrzcwA9o1TyiTWhxbYKt1ddpywwh+Nw4bclA+0pJMwz
        j8o9XABQGv8mUJdx7I3LIOLSAJNDabu+Sj8D/ya0C/MnAAB0uwd0DiePH1j/9fHn
        9PEZsBJi0t3BDOVQUr3/7sZ7Yivit07VoGconFLDxjImPmA4HebEfQj/sN32MgwE
        6jSYeHxvk4TVq18R9IKgZgdLZ79WEpgN4LG+TzoDo+BNzTx4GFctYlD7H4cBeyMn
        vHg1KmRpIII0F9EjgXTzk4BrGNTcwaoKOjsoh/uXEQKBgQD7WpwYVLLHE6EAvtGm
        KuYXTgfPZQJ8bgnmv1GOCwrUj0CU9GgaYEq3yuWQ7tzNH4o2ufraM5WoutCfcYzW
        4p17BOjV183iajtTTx8dj845r00TocFop4VKdDAZaBtGd4SeCefM/vZLwnLw32Y+
        ULpHID+81XFbLch23P4g7MZZBwKBgQDKstGgh2UDzmT67cYMdIyw3SHrtQ4E3JL0
        hWX6s59vMOSYYMMObNUMdVUOT29Y4WT0I650ma8Lt2tHDjIlS7wNAthh8Gqjd6jq
        Zmkzoe/+JScHS2nLBPDtk5RWUQaW5OYu2I3mBZbfUyx3UUGB7rdfowtWgBribtAJ
        6331Jc/Z1QKBgQD3S9OuAI8QXJiYYiVkZmqQ3T3D5+6FO8JUG0GDDgwuy25P3xMZ
        eEmrAF3StZ/Z1MEoTNyol/4TzxF4/cACn10vbsohsrwmmjwaIAtOC3FrwbSEry3Z
        6I+0jBHSvWGwd+CrmLVOND9glESABlvSzZwoZGsxP5LSkX3crFr/S9VuOwKBgAsf
        PLleNIC89nV+TnuoeX/K4m2YhahmofmgyDO1X24udJyX0pwcBKSmW4Bpg2aRF4T9
        4Ditphkye0Ru1vmM6kice1sEYhWOH0qdS/B1VkHPsBCKZsepAb9HdcA2ufHVpXu0
        jjSs4dZnLe1uG/YRLyakP58DcHY0Nl4U+dhVts3xAoGAb6mxygPAAv9e5WChIIuw
        Hv05VHWASCvcl81/xtuDqE5iYUhNFt6pgN5I3XHsOQWQL64dOCuQtFrT+FF3VZAu
        WeNFuEuzATWIUSCyXguT6asXLveFbkMd30bOqy1CHb/oVa/5c+Otnvd7XIIzDZYL
        KSpZ5pXTqtP2gjwTn8E3OP4=
        -----END PRIVATE KEY-----
        """
}
