import Store

/// Countries with a common border that many people cross, or with a bridge or tunnel between them. People cross from one
/// to the other within minutes, and near the border, the address of a network may belong to the other country.
enum Neighbors {
    /// The pairs, for IN: the codes of ISO 3166-1 alpha-2 of two countries, in the order of the alphabet.
    static let list: SQL = """
        'ADES', 'ADFR', 'AEOM', 'AESA', 'AFIR', 'AFPK', 'AFTJ', 'AFTM', 'AFUZ', 'ALGR', 'ALME', 'ALMK', 'ALXK', \
        'AMAZ', 'AMGE', 'AMIR', 'AMTR', 'AOCD', 'AOCG', 'AONA', 'AOZM', 'ARBO', 'ARBR', 'ARCL', 'ARPY', 'ARUY', \
        'ATCH', 'ATCZ', 'ATDE', 'ATHU', 'ATIT', 'ATLI', 'ATSI', 'ATSK', 'AZGE', 'AZIR', 'AZTR', 'BAHR', 'BAME', \
        'BARS', 'BDIN', 'BDMM', 'BEDE', 'BEFR', 'BELU', 'BENL', 'BFBJ', 'BFCI', 'BFGH', 'BFML', 'BFNE', 'BFTG', \
        'BGGR', 'BGMK', 'BGRO', 'BGRS', 'BGTR', 'BHSA', 'BICD', 'BIRW', 'BITZ', 'BJNE', 'BJNG', 'BJTG', 'BNMY', \
        'BOBR', 'BOCL', 'BOPE', 'BOPY', 'BRCO', 'BRGF', 'BRGY', 'BRPE', 'BRPY', 'BRSR', 'BRUY', 'BRVE', 'BTIN', \
        'BWNA', 'BWZA', 'BWZM', 'BWZW', 'BYLT', 'BYLV', 'BYPL', 'BYRU', 'BYUA', 'BZGT', 'BZMX', 'CAUS', 'CDCF', \
        'CDCG', 'CDRW', 'CDSS', 'CDTZ', 'CDUG', 'CDZM', 'CFCG', 'CFCM', 'CFSD', 'CFSS', 'CFTD', 'CGCM', 'CGGA', \
        'CHDE', 'CHFR', 'CHIT', 'CHLI', 'CIGH', 'CIGN', 'CILR', 'CIML', 'CLPE', 'CMGA', 'CMGQ', 'CMNG', 'CMTD', \
        'CNHK', 'CNMO', 'COEC', 'COPA', 'COPE', 'COVE', 'CRNI', 'CRPA', 'CZDE', 'CZPL', 'CZSK', 'DEDK', 'DEFR', \
        'DELU', 'DENL', 'DEPL', 'DJER', 'DJET', 'DJSO', 'DKSE', 'DOHT', 'DZEH', 'DZLY', 'DZMA', 'DZML', 'DZMR', \
        'DZNE', 'DZTN', 'ECPE', 'EELV', 'EGIL', 'EGLY', 'EGPS', 'EGSD', 'EHMA', 'EHMR', 'ERET', 'ERSD', 'ESFR', \
        'ESGI', 'ESMA', 'ESPT', 'ETKE', 'ETSD', 'ETSO', 'ETSS', 'FINO', 'FISE', 'FRGB', 'FRIT', 'FRLU', 'FRMC', \
        'GAGQ', 'GBIE', 'GETR', 'GFSR', 'GHTG', 'GMSN', 'GNGW', 'GNLR', 'GNML', 'GNSL', 'GNSN', 'GRMK', 'GRTR', \
        'GTHN', 'GTMX', 'GTSV', 'GWSN', 'GYSR', 'GYVE', 'HKMO', 'HNNI', 'HNSV', 'HRHU', 'HRME', 'HRRS', 'HRSI', \
        'HURO', 'HURS', 'HUSI', 'HUSK', 'HUUA', 'IDMY', 'IDPG', 'IDTL', 'ILJO', 'ILLB', 'ILPS', 'ILSY', 'INMM', \
        'INNP', 'INPK', 'IQIR', 'IQJO', 'IQKW', 'IQSA', 'IQSY', 'IQTR', 'IRPK', 'IRTM', 'IRTR', 'ITSI', 'ITSM', \
        'ITVA', 'JOPS', 'JOSA', 'JOSY', 'KESO', 'KESS', 'KETZ', 'KEUG', 'KGKZ', 'KGTJ', 'KGUZ', 'KHLA', 'KHTH', \
        'KHVN', 'KWSA', 'KZRU', 'KZTM', 'KZUZ', 'LAMM', 'LATH', 'LAVN', 'LBSY', 'LRSL', 'LSZA', 'LTLV', 'LTPL', \
        'LYNE', 'LYSD', 'LYTD', 'LYTN', 'MDRO', 'MDUA', 'MERS', 'MEXK', 'MFSX', 'MKRS', 'MKXK', 'MLMR', 'MLNE', \
        'MLSN', 'MMTH', 'MRSN', 'MWMZ', 'MWTZ', 'MWZM', 'MXUS', 'MYSG', 'MYTH', 'MZSZ', 'MZTZ', 'MZZA', 'MZZM', \
        'MZZW', 'NAZA', 'NAZM', 'NENG', 'NETD', 'NOSE', 'OMSA', 'OMYE', 'PLSK', 'PLUA', 'QASA', 'RORS', 'ROUA', \
        'RSXK', 'RWTZ', 'RWUG', 'SAYE', 'SDSS', 'SDTD', 'SKUA', 'SSUG', 'SYTR', 'SZZA', 'TJUZ', 'TMUZ', 'TZUG', \
        'TZZM', 'ZAZW', 'ZMZW'
        """
}
